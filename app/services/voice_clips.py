"""Recordings of voices: cut out of meetings, and kept per enrolled person."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from app.domain.errors import KnownError
from app.domain.ids import SegmentId, SpeakerId, TrackId
from app.domain.meeting import MeetingTranscript
from app.domain.messages import SegmentUpdate
from app.domain.sentences import say
from app.domain.units import to_samples

MIN_SEGMENT_S = 1.5
"""Shorter stretches of one voice carry too little of it."""
MAX_CLIP_S = 30.0
"""Speech taken per voice of a meeting; more does not move the mean."""
SUFFIX = ".s16"
_SAMPLE_BYTES = 2
_COPY_BYTES = 1 << 20


class VoiceClips:
    """The kept recordings: one folder per person, raw int16 mono at 16 kHz.

    They are there so that voiceprints can be made again for another embedding model.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, speaker_id: SpeakerId, clip: Path, sample_count: int | None) -> Path:
        """Copy the first `sample_count` samples of a clip (None: all); returns the copy.

        Raises:
            KnownError: The disk refuses; nothing is left of the copy.
        """
        target = self._folder / speaker_id / f"{secrets.token_hex(8)}{SUFFIX}"
        left = clip.stat().st_size if sample_count is None else sample_count * _SAMPLE_BYTES
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with clip.open("rb") as source, target.open("wb") as copy:
                while left > 0 and (block := source.read(min(left, _COPY_BYTES))):
                    copy.write(block)
                    left -= len(block)
        except OSError as error:
            with contextlib.suppress(OSError):
                target.unlink(missing_ok=True)
            raise KnownError(
                say(
                    "The recording of the voice could not be kept: {cause}. Nothing of it "
                    "was stored; free some disk space and enroll again.",
                    cause=error.strerror,
                )
            ) from error
        return target

    def of(self, speaker_id: SpeakerId) -> tuple[Path, ...]:
        """A person's recordings, by file name."""
        return tuple(sorted((self._folder / speaker_id).glob(f"*{SUFFIX}")))

    def move(self, source: SpeakerId, into: SpeakerId) -> None:
        """Give all recordings of one person to another."""
        for clip in self.of(source):
            target = self._folder / into / clip.name
            target.parent.mkdir(parents=True, exist_ok=True)
            clip.replace(target)
        self.forget(source)

    def forget(self, speaker_id: SpeakerId) -> None:
        """Delete a person's recordings.

        Raises:
            KnownError: A file cannot be deleted; the message says where it lies.
        """
        folder = self._folder / speaker_id
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            raise KnownError(
                say(
                    "The recordings in {folder} could not be deleted. Delete that folder by hand.",
                    folder=folder,
                )
            )


def cut_clips(
    transcript: MeetingTranscript, tracks: Sequence[TrackId], folder: Path
) -> dict[TrackId, Path]:
    """Per voice, write its longest solo segments, one behind the other, as one spool file."""
    spools = {info.stream: info.spool_path for info in transcript.meeting.streams}
    clips: dict[TrackId, Path] = {}
    for number, track in enumerate(tracks):
        solo = [s for s in transcript.segments if s.track == track and _is_solo(s, transcript)]
        solo.sort(key=lambda segment: -segment.span.length)
        pieces = []
        left: int = to_samples(MAX_CLIP_S)
        for segment in solo:
            spool = spools.get(segment.stream)
            if left <= 0 or spool is None or not spool.exists():
                break
            pieces.append(_read_bytes(spool, segment, min(left, segment.span.length)))
            left -= segment.span.length
        if any(pieces):
            clips[track] = folder / f"{number}{SUFFIX}"
            clips[track].write_bytes(b"".join(pieces))
    return clips


def cut_lines(transcript: MeetingTranscript, track: TrackId, folder: Path) -> dict[SegmentId, Path]:
    """Per segment of a voice in which nobody else talks, write a spool file."""
    spools = {info.stream: info.spool_path for info in transcript.meeting.streams}
    clips: dict[SegmentId, Path] = {}
    for segment in transcript.segments:
        spool = spools.get(segment.stream)
        if segment.track != track or not _is_solo(segment, transcript):
            continue
        if spool is not None and spool.exists():
            clip = folder / f"{len(clips)}{SUFFIX}"
            clip.write_bytes(_read_bytes(spool, segment, segment.span.length))
            clips[segment.segment_id] = clip
    return clips


def _is_solo(segment: SegmentUpdate, transcript: MeetingTranscript) -> bool:
    if segment.has_overlap or segment.span.duration_s < MIN_SEGMENT_S:
        return False
    return not any(
        region.stream == segment.stream and region.span.overlap(segment.span)
        for region in transcript.overlaps
    )


def _read_bytes(spool: Path, segment: SegmentUpdate, samples: int) -> bytes:
    with spool.open("rb") as file:
        file.seek(segment.span.start * _SAMPLE_BYTES)
        return file.read(samples * _SAMPLE_BYTES)
