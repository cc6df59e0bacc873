"""What the window's side of a meeting keeps per spoken word, without waiting for hours.

    QT_QPA_PLATFORM=offscreen python -m tests.quality.window_memory [DIR/duo1] [--times 26]

Plays a meeting (the shipped sample by default) once at the pace of the clock through the real
engine, then its live events over and over, later each time, into a library on disk, the follower
of a meeting, and the transcript's model and view. The slope of the anonymous memory leaves out the
first fifth and is told per word and per hour of the meeting.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
from PySide6.QtWidgets import QApplication

from app.bootstrap import open_context
from app.cli.session import Launch
from app.domain.ids import MeetingId, SegmentId, StreamId
from app.domain.meeting import Meeting, MeetingSource, MeetingState
from app.domain.messages import SegmentUpdate, TranscriptPatch
from app.domain.session import OperatingPoint
from app.domain.units import Span
from app.lib.clock import SystemClock
from app.lib.paths import SOURCE_ROOT
from app.services.assembly import Assembled
from app.services.events import MeetingEvent, TranscriptChanged
from app.services.follower import Follower
from app.services.reporter import Reporter
from app.services.transcribing import TranscribeRequest
from app.ui.collector import calm_collector
from app.ui.live.session import LiveSession
from app.ui.tasks import TaskRunner
from app.ui.theme import Theme, ThemeMode
from app.ui.transcript.view import TranscriptView
from app.ui.window import MainWindow
from tests.quality.long_meeting import memory_of
from tests.quality.sets import find_sets
from tests.quality.soak import memory_slope

MEETING = MeetingId("m0000001")


def heard(context: Assembled, streams: Mapping[StreamId, Path]) -> list[TranscriptPatch]:
    """What the engine says of a meeting while it runs."""
    changes: list[TranscriptPatch] = []

    def take(event: MeetingEvent) -> None:
        if isinstance(event, TranscriptChanged):
            updates = tuple(replace(update, user_revision=0) for update in event.updates)
            changes.append(TranscriptPatch(updates=updates, overlaps=event.overlaps))

    request = TranscribeRequest(inputs=streams, point=OperatingPoint.BALANCED, is_realtime=True)
    context.transcribing.transcribe(request, take, threading.Event())
    return changes


def later(patch: TranscriptPatch, number: int, length: int) -> TranscriptPatch:
    """The same words in another stretch of the meeting, as they come out of a pipe.

    Args:
        number: Of the stretch.
        length: Of a stretch, in samples.
    """

    def moved(span: Span) -> Span:
        return span.shift(number * length)

    def again(update: SegmentUpdate) -> SegmentUpdate:
        return replace(
            update,
            segment_id=SegmentId(f"{update.segment_id}-{number}"),
            revision=update.revision + number * 1_000_000,
            span=moved(update.span),
            words=tuple(replace(word, span=moved(word.span)) for word in update.words),
        )

    overlaps = tuple(replace(region, span=moved(region.span)) for region in patch.overlaps)
    moved_patch = TranscriptPatch(updates=tuple(map(again, patch.updates)), overlaps=overlaps)
    copy: TranscriptPatch = pickle.loads(pickle.dumps(moved_patch))
    return copy


def grow(context: Assembled, patches: list[TranscriptPatch], times: int) -> dict[str, float]:
    """Play a meeting `times` times; the growth, JSON-ready."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    tasks = TaskRunner()
    window = MainWindow(context, Theme(application, ThemeMode.LIGHT), tasks)
    window.show()
    window.begin()
    context._core.meetings.create(
        Meeting(
            meeting_id=MEETING,
            title="Long",
            started_at=datetime.now(UTC),
            state=MeetingState.RECORDING,
            source=MeetingSource.RECORDING,
        )
    )
    session = LiveSession(window.kit, "Long")
    view = TranscriptView(window.kit, is_live=True)
    view.setModel(session.transcript)
    view.resize(900, 700)
    view.show()
    reporter = Reporter(MEETING, session._bridge.post, SystemClock())
    reporter.start_clock()
    follower = Follower(context._core, MEETING, reporter)
    follower.begin(tuple(StreamId), OperatingPoint.BALANCED)
    length = max(update.span.end for patch in patches for update in patch.updates)
    process = psutil.Process()
    words: list[float] = []
    memory_mb: list[float] = []
    started_s = time.monotonic()
    for number in range(times):
        for patch in patches:
            follower.on_patch(later(patch, number, length))
            application.processEvents()
        words.append(float(sum(len(line.words) for line in session.transcript.lines())))
        memory_mb.append(memory_of(process)["anonymous"])
    per_hour_of_words = memory_slope([3600 * count for count in words], memory_mb)
    words_per_h = words[-1] / times / (length / 16_000) * 3600
    assert tasks.close(10.0)
    return {
        "words": words[-1],
        "lines": len(list(session.transcript.lines())),
        "words_per_h": words_per_h,
        "kb_per_word": 1000 * per_hour_of_words["mb_per_h"],
        "mb_per_h": per_hour_of_words["mb_per_h"] * words_per_h,
        "ms_per_change": 1000 * (time.monotonic() - started_s) / times / len(patches),
    }


def main() -> None:
    """Print the growth as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", nargs="?", type=Path, help="folder of a meeting to play")
    parser.add_argument("--times", type=int, default=26)
    options = parser.parse_args()
    sample = SOURCE_ROOT / "resources" / "sample"
    streams = {stream: sample / f"{stream}.flac" for stream in (StreamId.MIC, StreamId.SYSTEM)}
    if options.set is not None:
        (reference,) = find_sets(options.set)
        streams = {StreamId(stream): path for stream, path in reference.streams.items()}
    with tempfile.TemporaryDirectory() as name:
        launch = Launch(data_dir=Path(name))
        with open_context(launch) as context, calm_collector():
            assert isinstance(context, Assembled)
            patches = heard(context, streams)
            outcome = grow(context, patches, options.times)
    sys.stdout.write(json.dumps(outcome, indent=1) + "\n")


if __name__ == "__main__":
    main()
