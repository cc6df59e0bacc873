"""`bench ui`: does the window start, open, scroll, search and answer as fast as promised?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from app.bench.figures import distribution
from app.bench.targets import Target, all_kept, rounded
from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.meeting import Meeting, MeetingSource, MeetingState
from app.domain.messages import SegmentStatus, SegmentUpdate, TranscriptPatch, Word
from app.domain.units import SESSION_RATE_HZ, Span

START_S, OPEN_MS, FRAME_MS, SEARCH_MS, STALL_MS = 1.5, 300.0, 1000 / 60, 100.0, 50.0
LONG_ID, OTHER_ID = MeetingId("bench-long"), MeetingId("bench-0001")
LONG_WORDS, SHORT_WORDS, WORDS_PER_SEGMENT = 30_000, 240, 15
WORD_SAMPLES = SESSION_RATE_HZ * 36 // 100
"""30,000 words in three hours."""
_SYLLABLES = ("ba", "de", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu")
VOCABULARY = tuple(
    sorted({a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in ("", *_SYLLABLES[:3])})
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UiFigures:
    """What was measured; an empty tuple where nothing could be.

    Attributes:
        starts_s: From the start of a new process to the first painted list of the library.
        opens_ms: From the call to the painted transcript of three hours.
        frames_ms: One step of scrolling through it, painted.
        searches_ms: From the call to the listed hits, over all meetings.
        stalls_ms: How late a timer of the window's thread was while a meeting ran.
    """

    meeting_count: int
    starts_s: tuple[float, ...] = ()
    opens_ms: tuple[float, ...] = ()
    frames_ms: tuple[float, ...] = ()
    searches_ms: tuple[float, ...] = ()
    stalls_ms: tuple[float, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """Medians where a person waits once, 95th and 99th percentiles where it is felt often."""
        return (
            _target("start", "s", START_S, self.starts_s, 50),
            _target("open three hours", "ms", OPEN_MS, self.opens_ms, 50),
            _target("frame p95", "ms", FRAME_MS, self.frames_ms, 95),
            _target("search p95", "ms", SEARCH_MS, self.searches_ms, 95),
            _target("stall p99", "ms", STALL_MS, self.stalls_ms, 99),
        )

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        result: dict[str, Any] = rounded(
            {
                "bench": "ui",
                "meetings": self.meeting_count,
                "words_of_the_long_one": LONG_WORDS,
                "ok": all_kept(self.targets),
                "targets": [target.record() for target in self.targets],
                "start_s": _spread(self.starts_s),
                "open_ms": _spread(self.opens_ms),
                "frame_ms": _spread(self.frames_ms),
                "search_ms": _spread(self.searches_ms),
                "stall_ms": _spread(self.stalls_ms),
            }
        )
        return result


def percentile(values: tuple[float, ...], percent: int) -> float | None:
    """The value that `percent` of all do not exceed; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * percent // 100) - 1))]


def generated_library(count: int) -> Iterator[tuple[Meeting, TranscriptPatch]]:
    """`count` meetings of invented words: one of three hours, the others short; seeded."""
    generator = np.random.default_rng(11)
    newest = datetime(2026, 1, 1, 9, tzinfo=UTC)
    for number in range(count):
        word_count = LONG_WORDS if number == 0 else SHORT_WORDS
        meeting = Meeting(
            meeting_id=LONG_ID if number == 0 else MeetingId(f"bench-{number:04}"),
            title=f"Meeting {number}",
            started_at=newest - timedelta(hours=7 * number),
            state=MeetingState.DONE,
            source=MeetingSource.FILE,
            duration_s=word_count * WORD_SAMPLES / SESSION_RATE_HZ,
        )
        updates = tuple(
            _segment(generator, meeting.meeting_id, first)
            for first in range(0, word_count, WORDS_PER_SEGMENT)
        )
        yield meeting, TranscriptPatch(updates=updates)


def _segment(generator: np.random.Generator, meeting_id: MeetingId, first: int) -> SegmentUpdate:
    texts = [str(text) for text in generator.choice(VOCABULARY, WORDS_PER_SEGMENT)]
    start = first * WORD_SAMPLES
    words = tuple(
        Word(
            text=text,
            span=Span(start + n * WORD_SAMPLES, start + (n + 1) * WORD_SAMPLES - 800),
            probability=0.9 if n % 12 else 0.3,
        )
        for n, text in enumerate(texts)
    )
    return SegmentUpdate(
        segment_id=SegmentId(f"{meeting_id}-{first}"),
        revision=1,
        stream=StreamId.MIX,
        track=TrackId(f"S{first // WORDS_PER_SEGMENT % 4 + 1}"),
        speaker_confidence=0.9,
        span=words[0].span.hull(words[-1].span),
        words=words,
        committed=len(words),
        status=SegmentStatus.FINAL,
        language="en",
    )


def _spread(values: tuple[float, ...]) -> dict[str, float] | None:
    spread = distribution(values)
    return None if spread is None else asdict(spread)


def _target(name: str, unit: str, limit: float, values: tuple[float, ...], percent: int) -> Target:
    return Target(name=name, unit=unit, limit=limit, value=percentile(values, percent))
