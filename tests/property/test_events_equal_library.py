"""The last state of every segment in the events equals the library."""

from __future__ import annotations

import json
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.ids import StreamId
from app.domain.session import OperatingPoint
from app.services.events_file import EventsFile
from app.services.transcribing import TranscribeRequest
from tests.fakes.audio import write_audio
from tests.fakes.engine import MODELS
from tests.fakes.program import FakeProgram, patch, segment

pytestmark = pytest.mark.property


@st.composite
def updates(draw):
    made = segment(
        draw(st.sampled_from("abcd")),
        draw(st.text("xyz ", max_size=8)) or " ",
        start_s=draw(st.sampled_from([0.0, 1.5])),
        track=draw(st.sampled_from(["S1", "S2", "S3", None])),
        is_final=draw(st.booleans()),
        revision=0,
    )
    # Equal revisions carry equal content: the revision is made of the content.
    content = (made.words, made.track, made.status, made.span)
    return replace(
        made, revision=1 + 7 * draw(st.integers(0, 9)) + zlib.crc32(repr(content).encode()) % 7
    )


def consistent(sequence):
    """Leave out updates that say something else under a revision that was used."""
    seen = {}
    for items in sequence:
        yield [u for u in items if seen.setdefault((u.segment_id, u.revision), u) == u]


patches = st.lists(st.lists(updates(), max_size=3), max_size=8).map(
    lambda sequence: [patch(*items) for items in consistent(sequence)]
)


def raised(sequence, *, by):
    """The patches of a later engine: its revisions lie above its predecessor's."""
    return [
        replace(p, updates=tuple(replace(u, revision=u.revision + by) for u in p.updates))
        for p in sequence
    ]


def replay(path: Path) -> dict[str, dict]:
    """The slow obvious reader: what the events say of each segment in the end."""
    state: dict[str, dict] = {}
    is_final: set[str] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["type"] in ("partial", "final"):
            assert event["segment"] not in is_final, "a final segment changes by correction only"
            state[event["segment"]] = event
            if event["type"] == "final":
                is_final.add(event["segment"])
        elif event["type"] == "correction":
            assert event["segment"] in is_final
            assert event["revision"] >= state[event["segment"]]["revision"]
            state[event["segment"]] = state[event["segment"]] | {
                key: event[key]
                for key in ("revision", "speaker", "start", "end", "text", "words")
                if key in event
            }
    assert set(state) == is_final, "nothing stays partial"
    return {key: value for key, value in state.items() if value["words"]}


def stored(program: FakeProgram, meeting_id) -> dict[str, dict]:
    transcript = program.library.transcripts.transcript(meeting_id)
    return {
        s.segment_id: {
            "text": transcript.text_of(s),
            "speaker": None if s.track is None else transcript.label_of(s.track),
            "start": round(s.span.start_s, 3),
            "end": round(s.span.end_s, 3),
            "words": [w.text for w in s.words],
        }
        for s in transcript.segments
    }


@settings(max_examples=80)
@given(live=patches, final=patches, restart_at=st.integers(0, 8))
def test_replaying_the_events_gives_the_stored_transcript(live, final, restart_at):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = FakeProgram(folder)
        restarted = raised(live[restart_at:], by=1_000)
        program.engine.live = [MODELS, *live[:restart_at], MODELS, *restarted]
        program.engine.final = [MODELS, *raised(final, by=10_000)]
        path = folder / "live.jsonl"
        with EventsFile(path) as events:
            meeting_id = program.context.transcribing.transcribe(
                TranscribeRequest(
                    inputs={StreamId.MIX: write_audio(folder / "a.wav")}, is_realtime=True
                ),
                events,
            )

        said = {
            key: {
                "text": value["text"],
                "speaker": value["speaker"],
                "start": value["start"],
                "end": value["end"],
                "words": [w["text"] for w in value["words"]],
            }
            for key, value in replay(path).items()
        }

        assert said == stored(program, meeting_id)


def test_the_reader_is_not_blind(tmp_path):
    program = FakeProgram(tmp_path)
    program.engine.live = [MODELS, patch(segment("a", "x y"))]
    path = tmp_path / "live.jsonl"
    with EventsFile(path) as events:
        program.context.transcribing.transcribe(
            TranscribeRequest(
                inputs={StreamId.MIX: write_audio(tmp_path / "a.wav")},
                is_realtime=True,
                point=OperatingPoint.LIVE,
            ),
            events,
        )

    assert replay(path)["a"]["text"] == "x y"
