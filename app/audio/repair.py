"""What a crash or a power cut leaves of a recording → a recording that opens.

Spool and archive hold the same sound. Where the end of the spool did not reach the disk, or only
zeros of it did, it is made again from the archive.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from app.audio.archive import repair_segments
from app.audio.resample import SessionResampler, mix_down
from app.audio.ring import Int16Array
from app.audio.segment_index import read_index, read_losses
from app.audio.spool import SAMPLE_BYTES, SPOOL_SUFFIX
from app.domain.ids import StreamId
from app.domain.meeting import StreamInfo
from app.domain.units import SESSION_RATE_HZ, Span

log = logging.getLogger(__name__)

_MIN_MISSING_S = 0.25
"""Of what a recorder writes, less may be on its way from the archive to the spool."""
_CLOCK_SHARE = 2e-4
"""By which the spool may be shorter than the archive because of a device's clock."""
_HOLE_S = 0.001
"""Less between two segments is a rounding."""
_SEARCH_SAMPLES = 1 << 20


def repair(folder: Path) -> tuple[StreamInfo, ...]:
    """Make a recording readable whose process was killed; harmless on a complete one.

    Returns:
        What each stream holds. The device's name is not known any more; what capture lost is what
        its index says, and what is counted as dropped what the archive lacks by it.

    Raises:
        OSError: The folder cannot be read or written.
    """
    infos = []
    for spool_path in sorted(folder.glob(f"*{SPOOL_SUFFIX}")):
        if spool_path.stem not in set(StreamId):
            continue
        stream = StreamId(spool_path.stem)
        with spool_path.open("r+b") as file:
            file.truncate(spool_path.stat().st_size // SAMPLE_BYTES * SAMPLE_BYTES)
        segments = repair_segments(folder, stream)
        placed = _placed(segments, read_index(folder, stream))
        _complete(spool_path, placed)
        sample_count = spool_path.stat().st_size // SAMPLE_BYTES
        whole = Span(0, sample_count)
        lost = [Span.from_seconds(*each).clip(whole) for each in read_losses(folder, stream)]
        infos.append(
            StreamInfo(
                stream=stream,
                device="",
                rate_hz=placed[-1].rate_hz if placed else SESSION_RATE_HZ,
                channels=placed[-1].channels if placed else 1,
                spool_path=spool_path,
                original_paths=segments,
                sample_count=sample_count,
                dropped_samples=round(_missing_s(placed) * SESSION_RATE_HZ),
                lost=tuple(span for span in lost if span.length),
            )
        )
    return tuple(infos)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    """A readable piece of the archive, in seconds from the start of the stream."""

    path: Path
    start_s: float
    end_s: float
    rate_hz: int
    channels: int


def _placed(paths: Sequence[Path], starts_s: Mapping[str, float]) -> list[_Segment]:
    """The segments that can be read, at their places.

    Without an index they follow each other; then nothing is sure if one cannot be read.
    """
    placed: list[_Segment] = []
    ended_s: float | None = 0.0
    for path in paths:
        start_s = starts_s.get(path.stem, ended_s)
        if start_s is None:
            return []
        try:
            header = soundfile.info(path)
        except soundfile.LibsndfileError as error:
            log.warning("a segment cannot be read: %s", error)
            ended_s = None
            continue
        ended_s = start_s + header.frames / header.samplerate
        placed.append(
            _Segment(
                path=path,
                start_s=start_s,
                end_s=ended_s,
                rate_hz=header.samplerate,
                channels=header.channels,
            )
        )
    return placed if starts_s or len(placed) == len(paths) else []


def _missing_s(segments: Sequence[_Segment]) -> float:
    """What is torn off or gone between them."""
    ends_s = [0.0, *(segment.end_s for segment in segments)]
    holes_s = (s.start_s - end_s for s, end_s in zip(segments, ends_s, strict=False))
    return sum(hole_s for hole_s in holes_s if hole_s >= _HOLE_S)


def _complete(spool_path: Path, segments: Sequence[_Segment]) -> None:
    """Make the end of a spool anew where the archive holds more than it."""
    archived_s = segments[-1].end_s if segments else 0.0
    heard = _heard_samples(spool_path)
    heard_s = heard / SESSION_RATE_HZ
    if archived_s - heard_s <= max(_MIN_MISSING_S, _CLOCK_SHARE * archived_s):
        return
    written_s = heard_s
    with spool_path.open("r+b") as file:
        file.seek(heard * SAMPLE_BYTES)
        for segment in segments:
            if segment.end_s <= heard_s:
                continue
            hole_s = segment.start_s - written_s
            if hole_s >= _HOLE_S:
                file.write(bytes(round(hole_s * SESSION_RATE_HZ) * SAMPLE_BYTES))
            from_s = max(0.0, heard_s - segment.start_s)
            file.write(_session_samples(segment.path, from_s).tobytes())
            written_s = segment.end_s
    log.warning("%s: %.1f s were taken from the archive", spool_path.name, archived_s - heard_s)


def _heard_samples(spool_path: Path) -> int:
    """Samples before the zeros at the end: a power cut leaves such where data did not arrive."""
    end = spool_path.stat().st_size // SAMPLE_BYTES
    with spool_path.open("rb") as file:
        while end > 0:
            start = max(0, end - _SEARCH_SAMPLES)
            file.seek(start * SAMPLE_BYTES)
            piece = np.frombuffer(file.read((end - start) * SAMPLE_BYTES), dtype="<i2")
            places = np.flatnonzero(piece)
            if len(places):
                return start + int(places[-1]) + 1
            end = start
    return 0


def _session_samples(path: Path, from_s: float) -> Int16Array:
    """What the spool holds of a segment, from a moment in it on."""
    with soundfile.SoundFile(path) as file:
        file.seek(min(file.frames, round(from_s * file.samplerate)))
        frames = file.read(dtype="float32", always_2d=True)
        resampler = SessionResampler(file.samplerate)
    return np.concatenate((resampler.push(mix_down(frames)), resampler.finish())).astype("<i2")
