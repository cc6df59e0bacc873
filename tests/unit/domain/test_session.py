import pytest

from app.domain.session import OperatingPoint, SpeakerRange

pytestmark = pytest.mark.unit


def test_points_promise_one_two_and_four_seconds() -> None:
    delays = [point.delay_s for point in OperatingPoint]

    assert delays == [1.0, 2.0, 4.0, None]


@pytest.mark.parametrize(("minimum", "maximum"), [(0, 3), (4, 3), (-1, -1)])
def test_speaker_range_refuses_bounds_that_hold_nobody(minimum: int, maximum: int) -> None:
    with pytest.raises(ValueError, match="is empty or below 1"):
        SpeakerRange(minimum=minimum, maximum=maximum)


def test_speaker_range_may_name_one_count() -> None:
    assert SpeakerRange(minimum=2, maximum=2).maximum == 2
