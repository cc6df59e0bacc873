import re

import pytest

from app.domain.ids import StreamId, new_meeting_id, new_speaker_id

pytestmark = pytest.mark.unit


def test_ids_are_fresh_and_of_their_form() -> None:
    meetings = {new_meeting_id() for _ in range(100)}
    speakers = {new_speaker_id() for _ in range(100)}

    assert len(meetings) == len(speakers) == 100
    assert all(re.fullmatch(r"[0-9a-f]{8}", meeting) for meeting in meetings)
    assert all(re.fullmatch(r"p-[0-9a-f]{8}", speaker) for speaker in speakers)


def test_stream_is_written_as_in_events_and_exports() -> None:
    assert [str(stream) for stream in StreamId] == ["mic", "system", "mix"]
