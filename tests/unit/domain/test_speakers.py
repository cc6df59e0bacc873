import pytest

from app.domain.ids import TrackId
from app.domain.speakers import MeetingSpeaker, NameSource

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("name", "expected"), [(None, "Speaker 2"), ("Ada", "Ada")])
def test_label_is_the_name_or_the_number(name: str | None, expected: str) -> None:
    assert MeetingSpeaker(track=TrackId("S2"), index=2, name=name).label == expected


@pytest.mark.parametrize(
    ("source", "confidence", "label"),
    [
        (NameSource.ENROLLED, 0.95, "Ada"),
        (NameSource.ENROLLED, 0.9, "Ada"),
        (NameSource.ENROLLED, 0.89, "Ada?"),
        (NameSource.ENROLLED, None, "Ada"),
        (NameSource.USER, None, "Ada"),
    ],
)
def test_only_a_probable_recognised_name_has_a_question_mark(source, confidence, label):
    speaker = MeetingSpeaker(
        track=TrackId("S1"), index=1, name="Ada", source=source, confidence=confidence
    )

    assert speaker.label == label
