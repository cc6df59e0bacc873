"""What a crash or a power cut leaves of a recording → a recording that opens.

Spool and archive hold the same sound. Where the end of the spool did not reach the disk, or only
zeros of it did, it is made again from the archive.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from app.audio.archive import repair_segments
from app.audio.resample import SessionResampler, mix_down
from app.audio.ring import Int16Array
from app.audio.spool import SAMPLE_BYTES, SPOOL_SUFFIX
from app.domain.ids import StreamId
from app.domain.meeting import StreamInfo
from app.domain.units import SESSION_RATE_HZ

log = logging.getLogger(__name__)

_MIN_MISSING_S = 0.25
"""Of what a recorder writes, less may be on its way from the archive to the spool."""
_CLOCK_SHARE = 2e-4
"""By which the spool may be shorter than the archive because of a device's clock."""
_SEARCH_SAMPLES = 1 << 20


def repair(folder: Path) -> tuple[StreamInfo, ...]:
    """Make a recording readable whose process was killed; harmless on a complete one.

    Returns:
        What each stream holds; the device's name and the loss count are not known any more.

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
        headers = _headers(segments)
        _complete(spool_path, segments, headers)
        infos.append(
            StreamInfo(
                stream=stream,
                device="",
                rate_hz=headers[-1].samplerate if headers else SESSION_RATE_HZ,
                channels=headers[-1].channels if headers else 1,
                spool_path=spool_path,
                original_paths=segments,
                sample_count=spool_path.stat().st_size // SAMPLE_BYTES,
            )
        )
    return tuple(infos)


def _headers(segments: Sequence[Path]) -> list[Any]:
    """Of every segment; empty where one cannot be read: then no place in the archive is sure."""
    try:
        return [soundfile.info(path) for path in segments]
    except soundfile.LibsndfileError as error:
        log.warning("a segment cannot be read: %s", error)
        return []


def _complete(spool_path: Path, segments: Sequence[Path], headers: Sequence[Any]) -> None:
    """Make the end of a spool anew where the archive holds more than it."""
    archived_s = sum(header.frames / header.samplerate for header in headers)
    heard = _heard_samples(spool_path)
    heard_s = heard / SESSION_RATE_HZ
    if archived_s - heard_s <= max(_MIN_MISSING_S, _CLOCK_SHARE * archived_s):
        return
    begins_s = 0.0
    with spool_path.open("r+b") as file:
        file.seek(heard * SAMPLE_BYTES)
        for path, header in zip(segments, headers, strict=True):
            ends_s = begins_s + header.frames / header.samplerate
            if ends_s > heard_s:
                file.write(_session_samples(path, max(0.0, heard_s - begins_s)).tobytes())
            begins_s = ends_s
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
