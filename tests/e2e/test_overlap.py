"""Two people at once, with the real diarizer and recogniser and sources that are known."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime

import meeteval
import numpy as np
import pytest
import soundfile

from app.bench.text import normalise
from app.domain.ids import MeetingId, StreamId
from app.domain.meeting import Meeting, MeetingSource, MeetingState, MeetingTranscript
from app.domain.messages import AudioBlock, CorrectionReason
from app.domain.session import ModelChoice, OperatingPoint, RefineJob
from app.domain.speakers import MeetingSpeaker
from app.domain.transcript import Transcript
from app.domain.units import SESSION_RATE_HZ, Span
from app.engine.models import LoadedModels
from app.engine.protocol import Patched
from app.engine.refine import refine
from app.engine.session import LiveSession
from app.lib.paths import resolve_paths
from app.services.events import TranscriptChanged
from app.ui.transcript.model import TranscriptModel
from tests.e2e.recordings import ROOT
from tests.e2e.transcripts import recall
from tests.fakes.listener import make_config
from tests.fakes.spools import write_spool

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

DATA = ROOT / "tests" / "data"
MOVED_TO_S = (0.8, 3.58, 6.0, 11.48)
"""Where the four turns of the clip begin here: the third falls into the second."""


class KnownSources(LoadedModels):
    """Separates what it has the sources of."""

    def __init__(self, models_dir, sources):
        super().__init__(models_dir)
        self.sources = sources

    def separation(self, name, *, threads=2):
        return self

    def separate(self, samples):
        mixture = self.sources.sum(axis=0)
        windows = np.lib.stride_tricks.sliding_window_view(mixture, len(samples))
        far = np.abs(windows[:, ::97] - samples[::97]).sum(axis=1)
        start = int(np.argmin(far))
        return self.sources[:, start : start + len(samples)]


SAMPLE = ROOT / "resources" / "sample"
PART_S = (20.0, 57.0)
"""Of the sample meeting: both remote voices alone, and at once from 47.3 to 49.7 s."""
LIVE_PART_S = (26.5, 52.0)
"""Just enough of both alone, and the overlap."""
COVERED = "it seems wonderful to think that you are trying to keep that pledge"
BEFORE = "you will lose the preference and that will be your fault"


@pytest.fixture(scope="module")
def crowd():
    """float32 (2, n), and the reference."""
    turns = json.loads((DATA / "two_speakers.seglst.json").read_text())
    samples, _ = soundfile.read(DATA / "two_speakers.flac", dtype="float32")
    sources = np.zeros((2, len(samples)), dtype=np.float32)
    for number, (turn, start_s) in enumerate(zip(turns, MOVED_TO_S, strict=True)):
        first, last = (round(turn[edge] * SESSION_RATE_HZ) for edge in ("start_time", "end_time"))
        start = round(start_s * SESSION_RATE_HZ)
        sources[number % 2, start : start + last - first] += samples[first:last]
        turn["end_time"] += start_s - turn["start_time"]
        turn["start_time"] = start_s
    return sources, turns


@pytest.fixture(scope="module")
def models():
    return LoadedModels(resolve_paths().models_dir)


def sample_part(part_s):
    """A part of the sample meeting's system audio, float32 (n,)."""
    first, last = (round(at_s * SESSION_RATE_HZ) for at_s in part_s)
    samples, _ = soundfile.read(SAMPLE / "system.flac", dtype="float32", start=first, stop=last)
    return samples


def transcribed(tmp_path, mixture, separation, models):
    transcript = Transcript()

    def emit(event):
        if isinstance(event, Patched):
            transcript.apply(event.patch)

    job = RefineJob(
        config=replace(make_config(StreamId.MIX), models=ModelChoice(separation=separation)),
        spools={StreamId.MIX: write_spool(tmp_path / "mix.s16", mixture)},
        sample_counts={StreamId.MIX: len(mixture)},
    )
    refine(job, models, emit, on_progress=lambda *_: None, cancel=threading.Event())
    return list(transcript)


def errors(segments, reference):
    """cpWER errors."""
    written = [
        {
            "session_id": "two_speakers",
            "speaker": s.track or "?",
            "words": normalise(" ".join(word.text for word in s.words)),
            "start_time": s.span.start_s,
            "end_time": s.span.end_s,
        }
        for s in segments
    ]
    spoken = [turn | {"words": normalise(turn["words"])} for turn in reference]
    score = meeteval.wer.cpwer(meeteval.io.SegLST(spoken), meeteval.io.SegLST(written))
    return score["two_speakers"].errors


def test_both_voices_of_an_overlap_are_written_with_good_sources(tmp_path, crowd):
    sources, _ = crowd
    models = KnownSources(resolve_paths().models_dir, sources)
    plain = transcribed(tmp_path, sources.sum(axis=0), None, models)
    rescued = transcribed(tmp_path, sources.sum(axis=0), "known", models)

    assert errors(rescued, crowd[1]) < errors(plain, crowd[1]) - 3
    marked = [segment for segment in rescued if segment.has_overlap]
    assert len({segment.track for segment in marked}) == 2
    one, two = marked[:2]
    assert one.track != two.track
    assert one.span.overlap(two.span) > SESSION_RATE_HZ


def lanes(segments, *changes):
    """What stands side by side in the window, in the end: the text of each lane.

    Args:
        changes: What comes while the transcript is open, one tuple of segments after the other.
    """
    meeting = Meeting(
        meeting_id=MeetingId("sample"),
        title="Sample",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        state=MeetingState.DONE,
        source=MeetingSource.FILE,
    )
    everything = [*segments, *(update for change in changes for update in change)]
    tracks = sorted({segment.track for segment in everything})
    speakers = tuple(MeetingSpeaker(track=t, index=n) for n, t in enumerate(tracks, start=1))
    model = TranscriptModel()
    model.load(MeetingTranscript(meeting=meeting, speakers=speakers, segments=tuple(segments)))
    for change in changes:
        model.apply(
            TranscriptChanged(
                meeting_id=meeting.meeting_id,
                t=0.0,
                updates=change,
                gaps=(),
                overlaps=(),
                speakers=speakers,
            )
        )
    rows = [model.row(number) for number in range(model.rowCount())]
    return [[lane.text for lane in row.lanes] for row in rows if row.is_overlap]


def test_overlap_of_the_sample_meeting_is_two_lanes_with_rescue_only(tmp_path, models):
    mixture = sample_part(PART_S)

    plain = transcribed(tmp_path, mixture, None, models)
    rescued = transcribed(tmp_path, mixture, ModelChoice().separation, models)

    text = {
        name: " ".join(word.text for segment in segments for word in segment.words)
        for name, segments in (("plain", plain), ("rescued", rescued))
    }
    assert recall(COVERED, text["plain"]) < 0.8 < recall(COVERED, text["rescued"])
    assert recall(BEFORE, text["rescued"]) > 0.8
    assert lanes(plain) == []
    one, two = lanes(rescued)[0]
    assert recall("you will lose the preference", one) == 1.0
    assert recall("seems wonderful to think", two) == 1.0


def test_overlap_of_the_sample_meeting_becomes_two_lanes_while_the_meeting_runs(models):
    """Without the rescue the meeting would stay as it was before the correction."""
    samples = sample_part(LIVE_PART_S)
    patches = []

    def emit(event):
        if isinstance(event, Patched):
            patches.append(event.patch)

    config = replace(make_config(StreamId.MIX), point=OperatingPoint.ACCURATE)
    session = LiveSession(config, models, emit)
    session.start()
    for start in range(0, len(samples), SESSION_RATE_HZ // 10):
        block = samples[start : start + SESSION_RATE_HZ // 10]
        span = Span(start, start + len(block))
        session.feed(AudioBlock(stream=StreamId.MIX, span=span, samples=block))
    session.end(StreamId.MIX)
    session.wait()

    plain = Transcript()
    (correction,) = (patch for patch in patches if patch.is_whole)
    assert {update.reason for update in correction.updates} == {CorrectionReason.SECOND_OPINION}
    for patch in patches[: patches.index(correction)]:
        plain.apply(patch)
    later = [patch.updates for patch in patches[patches.index(correction) :]]
    assert lanes(list(plain)) == []
    one, two = lanes(list(plain), *later)[0]
    assert recall("you will lose the preference", one) == 1.0
    assert recall("seems wonderful to think", two) == 1.0
