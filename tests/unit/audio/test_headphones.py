from types import SimpleNamespace

import pytest

from app.audio.headphones import plays_into_ears, sink_plays_into_ears

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("form", "port", "state", "expected"),
    [
        # Ports as ALSA's and BlueZ's modules of PulseAudio and PipeWire name them.
        ("internal", "analog-output-headphones Headphones", "yes", True),
        ("internal", "analog-output-headphones Headphones", "unknown", True),
        ("internal", "analog-output-headphones Headphones", "no", None),
        ("internal", "analog-output-speaker Speakers", "unknown", False),
        ("internal", "[Out] Headphones Headphones", "yes", True),
        ("internal", "analog-output Analog Output", "unknown", None),
        ("", "hdmi-output-0 HDMI / DisplayPort", "yes", False),
        ("", "headset-output Headset", "unknown", True),
        ("headset", "headset-hf Hands-free", "unknown", True),
        ("speaker", "analog-output-headphones Headphones", "yes", True),
        ("headphone", None, "unknown", True),
        ("speaker", None, "unknown", False),
        ("hands-free", None, "unknown", None),
        ("", None, "unknown", None),
    ],
)
def test_port_is_believed_before_the_kind_of_device(form, port, state, expected):
    properties = {"device.form_factor": form} if form else {}

    assert plays_into_ears(properties, port, port_state=state) is expected


@pytest.mark.parametrize(("plugged", "expected"), [("yes", True), ("no", False)])
def test_sink_is_judged_by_its_active_port(plugged, expected):
    available = SimpleNamespace(_value=plugged)
    port = SimpleNamespace(name="jack", description="Headphones", available=available)
    sink = SimpleNamespace(proplist={"device.form_factor": "speaker"}, port_active=port)

    assert sink_plays_into_ears(sink) is expected


def test_sink_without_ports_is_judged_by_its_kind():
    sink = SimpleNamespace(proplist={"device.form_factor": "headset"}, port_active=None)

    assert sink_plays_into_ears(sink) is True
