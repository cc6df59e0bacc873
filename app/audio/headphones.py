"""Whether an output plays into ears only, as far as a Pulse server knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_EARS = re.compile(r"head(phone|set)|earpiece|handset", re.IGNORECASE)
_ROOM = re.compile(r"speaker|line-?out|hdmi|iec958|spdif", re.IGNORECASE)
_EAR_FORMS = frozenset({"headphone", "headset", "handset"})
_ROOM_FORMS = frozenset({"speaker", "tv", "car", "hifi", "portable"})
"""PulseAudio's `device.form_factor`; the others (internal, hands-free, computer) can be either."""
_UNPLUGGED = "no"


def plays_into_ears(
    properties: Mapping[str, str], port: str | None, *, port_state: str = "unknown"
) -> bool | None:
    """Judge an output by its active port, or by what kind of thing it is.

    Args:
        properties: Of the sink.
        port: Name and description of its active port; None where it has none.
        port_state: "yes", "no" or "unknown": whether something is plugged in.

    Returns:
        None where nobody knows. It is a guess: an adapter feeds loudspeakers from a headphone jack.

    Source: PulseAudio's names of ports and `PA_PROP_DEVICE_FORM_FACTOR` (proplist.h).
    """
    if port is not None and port_state != _UNPLUGGED:
        if _EARS.search(port):
            return True
        if _ROOM.search(port):
            return False
    form = properties.get("device.form_factor", "")
    if form in _EAR_FORMS:
        return True
    return False if form in _ROOM_FORMS else None


def sink_plays_into_ears(sink: Any) -> bool | None:
    """Judge a `pulsectl.PulseSinkInfo`."""
    port = sink.port_active
    if port is None:
        return plays_into_ears(sink.proplist, None)
    state = str(getattr(port.available, "_value", "unknown"))
    return plays_into_ears(sink.proplist, f"{port.name} {port.description}", port_state=state)
