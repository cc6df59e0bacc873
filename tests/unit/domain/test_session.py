import pytest

from app.domain.errors import KnownError
from app.domain.session import OperatingPoint, SpeakerRange, require_language

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


@pytest.mark.parametrize(
    ("languages", "language"),
    [
        (("en",), "en"),
        (("en", "de"), "de"),
        (("en", "de"), "auto"),
        (("*",), "xx"),
        (("*",), "auto"),
    ],
)
def test_a_recogniser_knows_its_languages(languages: tuple[str, ...], language: str) -> None:
    require_language("ours", languages, language)


@pytest.mark.parametrize(
    ("languages", "language", "advice"),
    [
        (("en", "de"), "xx", "Give a code"),
        (("en",), "de", "--asr whisper-base"),
        (("en",), "auto", "--asr whisper-base"),
    ],
)
def test_a_language_that_a_recogniser_does_not_know_is_refused_with_a_way_out(
    languages: tuple[str, ...], language: str, advice: str
) -> None:
    with pytest.raises(KnownError, match=f'ours does not know the language "{language}".*{advice}'):
        require_language("ours", languages, language)
