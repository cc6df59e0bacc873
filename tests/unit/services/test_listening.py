"""One person of several who talk at once."""

import numpy as np
import pytest

from app.domain.errors import Category, KnownError
from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import SpeakerTurn
from app.domain.units import Span, to_samples
from app.services.transcribing import TranscribeRequest
from tests.fakes.audio import write_audio
from tests.fakes.engine import MODELS
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit

LEVEL = 8_000
LINES = (
    segment("a", "one two three four", start_s=0, end_s=4, track="S1"),
    segment("b", "five six", start_s=3, end_s=5, track="S2"),
    segment("c", "seven eight", start_s=6, end_s=8, track="S2"),
    segment("d", "nine", start_s=8, end_s=9, track=None),
)


@pytest.fixture
def meeting(program, tmp_path):
    """Two people who talk at once for a second; returns the meeting's id."""

    def make(*lines, turns=()):
        audio = np.full(to_samples(9.0), LEVEL / 32_768, dtype=np.float32)
        program.engine.final = [MODELS, patch(*lines, turns={StreamId.MIX: tuple(turns)})]
        return program.context.transcribing.transcribe(
            TranscribeRequest(inputs={StreamId.MIX: write_audio(tmp_path / "m.wav", audio)}),
            program.listen,
        )

    return make


def test_solo_is_the_line_without_the_others(program, meeting):
    solo = program.context.listening.solo(meeting(*LINES), SegmentId("a"))

    assert solo.span == LINES[0].span
    heard = np.fromfile(solo.path, dtype="<i2")
    assert len(heard) == LINES[0].span.length
    assert np.abs(heard - LEVEL // 2).max() <= 1


def test_lines_say_who_talks_when_before_a_final_pass(program, meeting):
    program.context.listening.solo(meeting(*LINES), SegmentId("a"))

    ((span, track, turns),) = program.picked
    assert (span, track) == (LINES[0].span, "S1")
    assert turns == tuple((line.span, line.track) for line in LINES[:3])


def test_turns_of_the_final_pass_are_the_better_witness(program, meeting):
    turns = [
        SpeakerTurn(stream=StreamId.MIX, span=Span.from_seconds(0.2, 3.8), track=TrackId("S1")),
        SpeakerTurn(stream=StreamId.MIX, span=Span.from_seconds(3.1, 5.0), track=TrackId("S2")),
        SpeakerTurn(stream=StreamId.MIX, span=Span.from_seconds(6.0, 8.0), track=TrackId("S2")),
    ]

    program.context.listening.solo(meeting(*LINES, turns=turns), SegmentId("a"))

    assert program.picked[0][2] == tuple((turn.span, turn.track) for turn in turns)


def test_next_solo_takes_the_place_of_the_last(program, meeting):
    meeting_id = meeting(*LINES)

    first = program.context.listening.solo(meeting_id, SegmentId("a"))
    second = program.context.listening.solo(meeting_id, SegmentId("c"))

    assert first.path == second.path
    assert second.path.stat().st_size == 2 * LINES[2].span.length


def test_voice_that_is_never_alone_is_said(program, meeting):
    meeting_id = meeting(
        segment("a", "one two", start_s=0, end_s=2, track="S1"),
        segment("b", "three four", start_s=0, end_s=2, track="S2"),
    )

    with pytest.raises(KnownError, match="Speaker 1 cannot be told apart here"):
        program.context.listening.solo(meeting_id, SegmentId("a"))


@pytest.mark.parametrize("line", ["d", "x"])
def test_line_of_nobody_has_no_solo(program, meeting, line):
    with pytest.raises(KnownError, match="Nobody is named"):
        program.context.listening.solo(meeting(*LINES), SegmentId(line))


def test_deleted_recording_is_said(program, meeting):
    meeting_id = meeting(*LINES)
    for spool in program.paths.recordings_dir.rglob("*.s16"):
        spool.unlink()

    with pytest.raises(KnownError, match="is gone") as caught:
        program.context.listening.solo(meeting_id, SegmentId("a"))

    assert caught.value.category is Category.DISK
