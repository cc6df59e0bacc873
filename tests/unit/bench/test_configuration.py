from __future__ import annotations

import pytest

from app.bench.configuration import read_setup, setup_record
from app.bench.play import Setup
from app.domain.errors import KnownError
from app.domain.session import ModelChoice, OperatingPoint, SpeakerRange

pytestmark = pytest.mark.unit
DEFAULTS = ModelChoice(asr_final="mine")


def test_nothing_said_is_the_final_pass_with_the_default_models():
    assert read_setup("", DEFAULTS) == Setup(
        point=OperatingPoint.FINAL, is_realtime=False, models=DEFAULTS
    )


def test_pairs_are_read_with_either_dash():
    setup = read_setup(
        "point=live, realtime=yes, language=de, speakers=2-4, asr=big, asr-partial=small,"
        "separation=off",
        DEFAULTS,
    )

    assert setup == Setup(
        point=OperatingPoint.LIVE,
        is_realtime=True,
        language="de",
        speakers=SpeakerRange(minimum=2, maximum=4),
        models=ModelChoice(asr_final="big", asr_partial="small", separation=None),
    )


def test_a_toml_file_says_the_same(tmp_path):
    path = tmp_path / "b.toml"
    path.write_text('point = "live"\nrealtime = true\nspeakers = 3\nasr = "big"\n')

    assert read_setup(str(path), DEFAULTS) == read_setup(
        "point=live,realtime=true,speakers=3,asr=big", DEFAULTS
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("live", "'live' is not name=value"),
        ("colour=red", "'colour' is not a part of a configuration. Known are point, realtime"),
        ("point=soon", "'soon' is not an operating point: live, balanced, accurate, final"),
        ("realtime=maybe", "realtime is true or false"),
        ("speakers=4-2", "speakers is a number or MIN-MAX, not '4-2'"),
        ("speakers=some", "speakers is a number or MIN-MAX"),
        ("missing.toml", "missing.toml cannot be read"),
    ],
)
def test_mistakes_are_explained(text, message):
    with pytest.raises(KnownError) as raised:
        read_setup(text, DEFAULTS)

    assert message in str(raised.value)


def test_the_record_reads_back_as_the_same_setup():
    setup = read_setup("point=live,speakers=2-4,asr=big,language=de", DEFAULTS)

    text = ",".join(f"{k}={'' if v is None else v}" for k, v in setup_record(setup).items())

    assert read_setup(text, ModelChoice()) == setup
