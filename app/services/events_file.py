"""Meeting events as JSON lines, as other programs read them (`crosstalk.events/1`)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from app.domain.errors import Category, KnownError
from app.domain.ids import SegmentId, TrackId
from app.domain.marks import Hold, Marker
from app.domain.messages import CorrectionReason, SegmentStatus, SegmentUpdate
from app.domain.sentences import say
from app.domain.speakers import MeetingSpeaker
from app.domain.transcript import join_words
from app.domain.units import to_seconds
from app.services.events import (
    Failed,
    Finished,
    HealthMeasured,
    HoldChanged,
    Marked,
    MeetingEvent,
    Noticed,
    Started,
    TranscriptChanged,
)

SCHEMA = "crosstalk.events/1"
Line = dict[str, Any]


class EventsFile:
    """A listener that writes every event to a file, each line flushed as it is written.

    A segment is `partial` until its first `final`; whatever changes it later is a `correction`
    that holds only what changed. A segment whose words are empty is withdrawn.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`.

        Raises:
            KnownError: The file cannot be written.
        """
        self._path = path
        self._lock = threading.Lock()
        self._composer = EventComposer()
        self._failure: OSError | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: TextIO = path.open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise KnownError(
                say(
                    "{path} cannot be written: {cause}. Name another events file.",
                    path=path,
                    cause=error.strerror or error,
                ),
            ) from error

    def __call__(self, event: MeetingEvent) -> None:
        """Write the lines of one event; after a write error, nothing more."""
        with self._lock:
            if self._failure is not None or self._file.closed:
                return
            try:
                for line in self._composer.lines_of(event):
                    self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
                    self._file.flush()
            except OSError as error:
                self._failure = error

    def close(self) -> None:
        """Close the file; idempotent.

        Raises:
            KnownError: A line could not be written, so that the file ends too early.
        """
        with self._lock:
            self._file.close()
            failure, self._failure = self._failure, None
        if failure is not None:
            raise KnownError(
                say(
                    "{path} is not complete: {cause}. The meeting in the library is.",
                    path=self._path,
                    cause=failure.strerror or failure,
                ),
                category=Category.DISK,
            )

    def __enter__(self) -> EventsFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except KnownError:
            if error is None:
                raise


class EventComposer:
    """Turns events into JSON-ready lines; holds what was said of each segment so far."""

    def __init__(self) -> None:
        self._labels: dict[TrackId, str] = {}
        self._said: dict[SegmentId, _Said] = {}

    def lines_of(self, event: MeetingEvent) -> list[Line]:
        """The lines of one event; none for events that only front ends show."""
        t = _seconds(event.t)
        match event:
            case Started():
                models = [
                    {"id": m.model_id, "role": m.role, "version": m.version, "sha256": m.sha256}
                    for m in event.models
                ]
                return [
                    {
                        "t": t,
                        "type": "start",
                        "schema": SCHEMA,
                        "streams": list(event.streams),
                        "point": event.point.value,
                        "models": models,
                    }
                ]
            case TranscriptChanged():
                return self._transcript_lines(event, t)
            case Noticed():
                return [_notice(t, event.notice.kind.value, event.notice.text, event.notice.stream)]
            case HoldChanged():
                return [_hold(t, event.hold)]
            case Marked():
                return [_marker(t, event.marker)]
            case Failed():
                return [_notice(t, f"failed-{event.report.category}", event.report.user_text, None)]
            case HealthMeasured():
                health = event.health
                return [
                    {
                        "t": t,
                        "type": "health",
                        "lag_s": _seconds(health.lag_s),
                        "stages": {
                            s.stage: {
                                "queue_s": _seconds(s.queue_s),
                                "rtf": _seconds(s.real_time_factor),
                            }
                            for s in health.stages
                        },
                        "rss_mb": round(health.rss_mb, 1),
                        "dropped_samples": health.dropped_samples,
                        "promised_s": health.promised_s,
                        "observed_s": None
                        if health.observed_s is None
                        else _seconds(health.observed_s),
                        "relief": health.relief,
                    }
                ]
            case Finished():
                return [
                    {
                        "t": t,
                        "type": "done",
                        "audio_s": _seconds(event.audio_s),
                        "wall_s": _seconds(event.wall_s),
                        "peak_rss_mb": round(event.peak_rss_mb, 1),
                        "segments": event.segment_count,
                    }
                ]
            case _:
                return []

    def _transcript_lines(self, event: TranscriptChanged, t: float) -> list[Line]:
        self._labels = {speaker.track: speaker.label for speaker in event.speakers}
        updates = {update.segment_id: update for update in event.updates}
        lines = [line for u in event.updates if (line := self._segment_line(u, t)) is not None]
        lines += self._relabelled(event.speakers, updates, t)
        lines += [
            {
                "t": t,
                "type": "gap",
                "stream": gap.stream.value,
                "start": _seconds(gap.span.start_s),
                "end": _seconds(gap.span.end_s),
                "reason": gap.reason,
            }
            for gap in event.gaps
        ]
        lines += [
            {
                "t": t,
                "type": "overlap",
                "stream": region.stream.value,
                "start": _seconds(region.span.start_s),
                "end": _seconds(region.span.end_s),
                "speakers": [self._label(track) for track in region.tracks],
            }
            for region in event.overlaps
        ]
        return lines

    def _segment_line(self, update: SegmentUpdate, t: float) -> Line | None:
        said = self._said.get(update.segment_id)
        is_final = update.status is SegmentStatus.FINAL
        if said is None:
            if update.is_retracted:
                return None
        elif said.is_final and not is_final:
            return None
        elif not update.supersedes(said.update) and said.is_final == is_final:
            return None
        now = _Said(update=update, label=self._label(update.track), is_final=is_final)
        self._said[update.segment_id] = now
        if said is not None and said.is_final:
            return _correction(said, now, t, update.reason or CorrectionReason.REFINE)
        return {
            "t": t,
            "type": "final" if is_final else "partial",
            "stream": update.stream.value,
            "segment": update.segment_id,
            "revision": update.revision,
            "speaker": now.label,
            "start": _seconds(update.span.start_s),
            "end": _seconds(update.span.end_s),
            "text": _text(update),
            "words": _words(update),
            "committed": len(update.words) if is_final else update.committed,
        }

    def _relabelled(
        self,
        speakers: Iterable[MeetingSpeaker],
        updates: dict[SegmentId, SegmentUpdate],
        t: float,
    ) -> list[Line]:
        """Corrections of final segments whose voice got another name."""
        lines = []
        for segment_id, said in self._said.items():
            label = self._label(said.update.track)
            if said.is_final and said.update.words and label != said.label:
                now = _Said(update=said.update, label=label, is_final=True)
                self._said[segment_id] = now
                line = _correction(said, now, t, CorrectionReason.RELABEL)
                if line is not None:
                    lines.append(line)
        return lines

    def _label(self, track: TrackId | None) -> str | None:
        return None if track is None else self._labels.get(track, track)


class _Said:
    """What the file says of one segment."""

    __slots__ = ("is_final", "label", "update")

    def __init__(self, *, update: SegmentUpdate, label: str | None, is_final: bool) -> None:
        self.update = update
        self.label = label
        self.is_final = is_final


def _correction(old: _Said, new: _Said, t: float, reason: CorrectionReason) -> Line | None:
    changes: Line = {}
    if new.label != old.label:
        changes["speaker"] = new.label
    if new.update.span != old.update.span:
        changes["start"] = _seconds(new.update.span.start_s)
        changes["end"] = _seconds(new.update.span.end_s)
    if new.update.words != old.update.words or new.update.language != old.update.language:
        changes["text"] = _text(new.update)
        changes["words"] = _words(new.update)
    if not changes:
        return None
    head: Line = {
        "t": t,
        "type": "correction",
        "stream": new.update.stream.value,
        "segment": new.update.segment_id,
        "revision": new.update.revision,
        "reason": reason.value,
    }
    return head | changes


def _notice(t: float, kind: str, text: str, stream: str | None) -> Line:
    line: Line = {"t": t, "type": "notice", "kind": kind, "text": text}
    return line if stream is None else line | {"stream": str(stream)}


def _hold(t: float, hold: Hold) -> Line:
    line = _notice(t, hold.reason.value, f"{hold.reason.phrase}: nothing is recorded", None)
    line["start"] = _seconds(to_seconds(hold.start))
    if hold.end is None:
        return line
    return line | {
        "kind": "resumed",
        "text": f"recorded again ({hold.reason.phrase} before)",
        "end": _seconds(to_seconds(hold.end)),
    }


def _marker(t: float, marker: Marker) -> Line:
    return _notice(t, "marker", marker.note, None) | {"at": _seconds(to_seconds(marker.at))}


def _text(update: SegmentUpdate) -> str:
    return join_words(update.words, update.language)


def _words(update: SegmentUpdate) -> list[Line]:
    is_partial = update.status is SegmentStatus.PARTIAL
    return [
        {
            "text": word.text,
            "start": _seconds(word.span.start_s),
            "end": _seconds(word.span.end_s),
            "p": None if is_partial or word.probability is None else _seconds(word.probability),
        }
        for word in update.words
    ]


def _seconds(value: float) -> float:
    """Three decimals: a millisecond, or a thousandth of a probability."""
    return round(value, 3)
