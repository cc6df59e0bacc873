from datetime import UTC, datetime

import pytest

from app.domain.errors import BugError
from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.meeting import (
    Meeting,
    MeetingSource,
    MeetingState,
    MeetingTranscript,
    check_transition,
)
from app.domain.messages import SegmentStatus, SegmentUpdate, Word
from app.domain.speakers import MeetingSpeaker
from app.domain.units import Span

pytestmark = pytest.mark.unit

S1 = TrackId("S1")


def segment(segment_id: str, *texts: str, track: TrackId | None = S1) -> SegmentUpdate:
    return SegmentUpdate(
        segment_id=SegmentId(segment_id),
        revision=1,
        stream=StreamId.MIX,
        span=Span(0, 100),
        track=track,
        words=tuple(Word(text=text, span=Span(0, 10)) for text in texts),
        status=SegmentStatus.FINAL,
        committed=len(texts),
    )


def transcript(*segments: SegmentUpdate, **edited: str) -> MeetingTranscript:
    meeting = Meeting(
        meeting_id=MeetingId("0badcafe"),
        title="Stand-up",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        state=MeetingState.DONE,
        source=MeetingSource.FILE,
    )
    return MeetingTranscript(
        meeting=meeting,
        speakers=(MeetingSpeaker(track=S1, index=1, name="Ada"),),
        segments=segments,
        edited_texts={SegmentId(key): text for key, text in edited.items()},
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (MeetingState.RECORDING, MeetingState.RECORDED),
        (MeetingState.RECORDED, MeetingState.REFINING),
        (MeetingState.REFINING, MeetingState.DONE),
        (MeetingState.REFINING, MeetingState.RECORDED),
        (MeetingState.DONE, MeetingState.REFINING),
        (MeetingState.DONE, MeetingState.DONE),
    ],
)
def test_transition_along_a_meetings_life_is_legal(old: MeetingState, new: MeetingState) -> None:
    check_transition(old, new)


@pytest.mark.parametrize("old", [MeetingState.RECORDED, MeetingState.REFINING, MeetingState.DONE])
def test_transition_back_to_recording_is_a_bug(old: MeetingState) -> None:
    with pytest.raises(BugError, match=f"cannot go from {old} to recording"):
        check_transition(old, MeetingState.RECORDING)


def test_text_is_the_words_until_the_user_types_another() -> None:
    first, second, third = segment("a", "Hello", "you."), segment("b", "Helo"), segment("c", "Um")
    whole = transcript(first, second, third, b="Hello!", c="")

    texts = [whole.text_of(item) for item in whole.segments]

    assert texts == ["Hello you.", "Hello!", ""]


def test_unknown_voice_is_called_so() -> None:
    unknown = segment("a", "Hm", track=None)
    whole = transcript(unknown)

    assert whole.label_of(S1) == "Ada"
    assert whole.label_of(None) == "Unknown"
    assert whole.speaker_of(unknown) is None
