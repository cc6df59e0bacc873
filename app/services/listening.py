"""Hear one person of several who talk at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.domain.errors import Category, KnownError
from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.meeting import MeetingTranscript
from app.domain.messages import Float32Array, SegmentUpdate
from app.domain.ports import VoicePicker
from app.domain.sentences import say
from app.domain.units import Span
from app.services.core import Core

SOLO_NAME = "solo.s16"
"""No stream has this name, so nobody takes it for a recording."""
_FULL_SCALE = 32_768.0
_GONE = say("The recording of this meeting is gone, so it cannot be played.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Solo:
    """One person's part of a stretch, as a spool that a player takes.

    Attributes:
        path: 16 kHz mono, int16; holds until the next one is made.
        span: Where the stretch lies in the meeting.
    """

    path: Path
    span: Span


class ListeningService:
    """Makes what the recording itself does not hold."""

    def __init__(self, core: Core, pick: VoicePicker) -> None:
        self._core = core
        self._pick = pick

    def solo(self, meeting_id: MeetingId, segment_id: SegmentId) -> Solo:
        """A line without those who talk at the same time; blocks for about a second.

        Raises:
            KnownError: The recording is gone, nobody is named for the line, or one of the voices
                is never heard alone for long enough.
        """
        transcript = self._core.transcripts.transcript(meeting_id)
        segment = next((s for s in transcript.segments if s.segment_id == segment_id), None)
        if segment is None or segment.track is None:
            raise KnownError("Nobody is named for this line: give it to somebody first.")
        spool = self._samples(transcript, segment.stream)

        def read(start: int, end: int) -> Float32Array:
            part = spool[max(0, start) : max(0, end)]
            return part.astype(np.float32) / np.float32(_FULL_SCALE)

        turns = _turns(transcript, segment.stream, segment.track)
        span = segment.span.clip(Span(0, len(spool)))
        heard = self._pick(read, span, segment.track, turns)
        if heard is None:
            name = transcript.label_of(segment.track)
            raise KnownError(
                say(
                    "{name} cannot be told apart here: one of those who talk at once is "
                    "nowhere heard alone for four seconds. Play the line as it is.",
                    name=name,
                )
            )
        # Among the recordings, so that it goes when they go.
        path = self._core.folder_of(meeting_id) / SOLO_NAME
        try:
            path.write_bytes(_int16(heard).tobytes())
        except OSError as error:
            raise KnownError(
                say(
                    "{path} cannot be written: {cause}. Free some disk space.",
                    path=path,
                    cause=error.strerror or error,
                ),
                category=Category.DISK,
            ) from error
        return Solo(path=path, span=span)

    def _samples(self, transcript: MeetingTranscript, stream: StreamId) -> np.ndarray:
        path = next(
            (info.spool_path for info in transcript.meeting.streams if info.stream is stream), None
        )
        count = path.stat().st_size // 2 if path is not None and path.exists() else 0
        if path is None or not count:
            raise KnownError(_GONE, category=Category.DISK)
        return np.memmap(path, dtype="<i2", mode="r", shape=(count,))


def _int16(samples: Float32Array) -> np.ndarray:
    whole: np.ndarray = np.rint(np.clip(samples, -1.0, 1.0) * (_FULL_SCALE - 1)).astype("<i2")
    return whole


def _turns(
    transcript: MeetingTranscript, stream: StreamId, track: TrackId
) -> list[tuple[Span, TrackId]]:
    """Who talks when in a stream: what the final pass found, else the lines themselves."""
    found = [(t.span, t.track) for t in transcript.turns if t.stream is stream and t.track]
    if not any(who == track for _, who in found):
        lines: list[SegmentUpdate] = [s for s in transcript.segments if s.stream is stream]
        found = [(line.span, line.track) for line in lines if line.track]
    return sorted(found)
