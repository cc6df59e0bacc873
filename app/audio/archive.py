"""The sound as captured: WAV segments of at most 30 s, packed to FLAC once they are closed."""

from __future__ import annotations

import logging
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import soundfile

from app.audio.ring import Int16Array
from app.audio.segment_index import SegmentIndex

log = logging.getLogger(__name__)

SEGMENT_S = 30.0
WAV_HEADER_BYTES = 44
_MAX_FLAC_CHANNELS = 8
_PACK_STEP_S = 2.0
_SAMPLE_BYTES = 2
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


def wav_header(rate_hz: int, channels: int, data_bytes: int) -> bytes:
    """The 44 bytes before `data_bytes` of 16-bit PCM."""
    frame_bytes = channels * _SAMPLE_BYTES
    return _HEADER.pack(
        b"RIFF", 36 + data_bytes, b"WAVE", b"fmt ", 16, 1, channels, rate_hz,
        rate_hz * frame_bytes, frame_bytes, 16, b"data", data_bytes,
    )  # fmt: skip


class WavSegment:
    """One growing WAV file whose header is true after every `sync`."""

    def __init__(self, path: Path, *, rate_hz: int, channels: int) -> None:
        self.path = path
        self.frame_count = 0
        self._rate_hz = rate_hz
        self._channels = channels
        self._file = path.open("wb", buffering=0)
        self._write(wav_header(rate_hz, channels, 0))

    def append(self, frames: Int16Array) -> None:
        """Write frames (n, channels); they reach the operating system before this returns."""
        self._write(frames.astype("<i2", copy=False).tobytes())
        self.frame_count += len(frames)

    def sync(self) -> None:
        """Correct the header and make the file survive a power cut."""
        self._write_header()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Correct the header and close."""
        try:
            self._write_header()
        finally:
            self._file.close()

    def _write_header(self) -> None:
        end = self._file.tell()
        self._file.seek(0)
        data_bytes = self.frame_count * self._channels * _SAMPLE_BYTES
        self._write(wav_header(self._rate_hz, self._channels, data_bytes))
        self._file.seek(end)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]


class Archive:
    """The kept segments of one stream, in order and without a seam.

    Packing goes in small steps (`pack_step`), so that the recorder's thread is never away from
    its rings for long. All methods belong to that one thread.
    """

    def __init__(
        self,
        folder: Path,
        stream: str,
        *,
        rate_hz: int,
        channels: int,
        segment_s: float = SEGMENT_S,
    ) -> None:
        self._folder = folder
        self._stream = stream
        self._segment_s = segment_s
        self._rate_hz = rate_hz
        self._channels = channels
        self._index = 0
        self._open: WavSegment | None = None
        self._ended_s = 0.0
        self._listing = SegmentIndex(folder, stream)
        self._waiting: list[Path] = []
        self._packing: Iterator[None] | None = None

    def change_format(self, *, rate_hz: int, channels: int) -> None:
        """Go on in a new segment with another rate or channel count."""
        self._close_segment()
        self._rate_hz = rate_hz
        self._channels = channels

    def append(self, frames: Int16Array) -> None:
        """Write frames (n, channels), starting new segments where one is full.

        Raises:
            OSError: The disk refuses.
        """
        capacity = max(1, round(self._segment_s * self._rate_hz))
        while len(frames):
            if self._open is None:
                self._index += 1
                path = self._folder / f"{self._stream}-{self._index:04d}.wav"
                self._listing.add(
                    path.stem, self._ended_s, rate_hz=self._rate_hz, channels=self._channels
                )
                self._open = WavSegment(path, rate_hz=self._rate_hz, channels=self._channels)
            room = capacity - self._open.frame_count
            self._open.append(frames[:room])
            frames = frames[room:]
            if self._open.frame_count >= capacity:
                self._close_segment()

    def note_loss(self, start_s: float, end_s: float) -> None:
        """Write down a stretch for which no sound came; see `SegmentIndex.lose`.

        Raises:
            OSError: The disk refuses.
        """
        self._listing.lose(start_s, end_s)

    def sync(self) -> None:
        """Make everything so far survive a power cut."""
        if self._open is not None:
            self._listing.sync()
            self._open.sync()

    def pack_step(self) -> bool:
        """Pack about two seconds of a closed segment; returns whether more waits."""
        if self._packing is None:
            if not self._waiting:
                return False
            self._packing = pack_segment(self._waiting[0])
        if next(self._packing, _DONE) is _DONE:
            self._packing = None
            self._waiting.pop(0)
        return bool(self._waiting)

    def close(self) -> None:
        """Close the last segment and pack what waits."""
        try:
            self._close_segment()
        finally:
            self._listing.close()
        while self.pack_step():
            pass

    def _close_segment(self) -> None:
        if self._open is not None:
            segment, self._open = self._open, None
            self._ended_s += segment.frame_count / self._rate_hz
            try:
                # Else a power cut could take its end, and leave the beginning of the next one.
                segment.sync()
            finally:
                segment.close()
            self._waiting.append(segment.path)


_DONE = object()


def pack_segment(path: Path) -> Iterator[None]:
    """Replace a closed WAV segment by a FLAC file of the same samples, one step per `next`.

    The WAV file goes only when the FLAC file is complete on disk. A segment that FLAC cannot
    hold (more than 8 channels) or that cannot be packed stays as it is.
    """
    target = path.with_suffix(".flac")
    partial = path.with_suffix(".flac.part")
    try:
        with soundfile.SoundFile(path) as source:
            if source.channels > _MAX_FLAC_CHANNELS:
                return
            step = max(1, round(_PACK_STEP_S * source.samplerate))
            with soundfile.SoundFile(
                partial, "w", source.samplerate, source.channels, "PCM_16", format="FLAC"
            ) as packed:
                while len(frames := source.read(step, dtype="int16", always_2d=True)):
                    packed.write(frames)
                    yield
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
        path.unlink()
    except (OSError, soundfile.LibsndfileError) as error:
        log.warning("segment %s stays unpacked: %s", path.name, error)
        partial.unlink(missing_ok=True)


def repair_segments(folder: Path, stream: str) -> tuple[Path, ...]:
    """Make the segments of a killed recording readable; harmless on a complete one.

    Returns:
        The segments in order.

    Raises:
        OSError: The folder refuses.
    """
    for partial in folder.glob(f"{stream}-*.flac.part"):
        partial.unlink()
    for path in sorted(folder.glob(f"{stream}-*.wav")):
        if path.with_suffix(".flac").exists() or path.stat().st_size <= WAV_HEADER_BYTES:
            path.unlink()
            continue
        _repair_wav(path)
        for _ in pack_segment(path):
            pass
    return segment_paths(folder, stream)


def segment_paths(folder: Path, stream: str) -> tuple[Path, ...]:
    """The archive segments of a stream, in order."""
    paths = [p for p in folder.glob(f"{stream}-*") if p.suffix in {".flac", ".wav"}]
    return tuple(sorted(paths, key=lambda p: p.stem))


def _repair_wav(path: Path) -> None:
    with path.open("r+b") as file:
        fields = _HEADER.unpack(file.read(WAV_HEADER_BYTES))
        channels, rate_hz = fields[6], fields[7]
        is_ours = (fields[0], fields[2], fields[3], fields[5]) == (b"RIFF", b"WAVE", b"fmt ", 1)
        if not is_ours or not channels:
            log.warning("segment %s has no header of ours and is left as it is", path.name)
            return
        frame_bytes = channels * _SAMPLE_BYTES
        file.seek(0, os.SEEK_END)
        frame_count = (file.tell() - WAV_HEADER_BYTES) // frame_bytes
        file.truncate(WAV_HEADER_BYTES + frame_count * frame_bytes)
        file.seek(0)
        file.write(wav_header(rate_hz, channels, frame_count * frame_bytes))
