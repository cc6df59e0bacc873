import pytest

from app.domain.units import to_samples
from app.export.timecode import (
    clock,
    duration_text,
    millisecond_clock,
    seconds_number,
    seconds_text,
    to_milliseconds,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("sample", [0, 1, 2, 3, 15_999, 16_000, 57_600_001, 10**10 + 7])
def test_written_seconds_lead_back_to_the_sample(sample):
    assert to_samples(seconds_number(sample)) == sample
    assert to_samples(float(seconds_text(sample))) == sample


def test_seconds_have_three_to_five_decimals():
    assert seconds_text(20_000) == "1.250"
    assert seconds_text(20_001) == "1.25006"
    assert seconds_text(20_002) == "1.25013"
    assert seconds_text(20_008) == "1.2505"


def test_duration_added_to_the_start_gives_the_end():
    for start in range(40):
        end = start + 4001
        total = round(float(seconds_text(start)) * 1e5) + round(
            float(duration_text(start, end)) * 1e5
        )
        assert total == round(float(seconds_text(end)) * 1e5)


def test_clock_rounds_down_and_counts_hours():
    assert clock(15_999) == "00:00:00"
    assert clock(to_samples(3661.9)) == "01:01:01"
    assert clock(to_samples(360_000)) == "100:00:00"


def test_milliseconds_round_halves_up():
    assert to_milliseconds(8) == 1
    assert to_milliseconds(7) == 0
    assert to_milliseconds(to_samples(1.2345)) == 1235


def test_caption_time_uses_the_separator():
    assert millisecond_clock(3_723_004, ",") == "01:02:03,004"
    assert millisecond_clock(59_999, ".") == "00:00:59.999"
