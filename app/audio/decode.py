"""Decodes the audio track of any file that PyAV (FFmpeg) reads.

PyAV is imported with the first file: FFmpeg's libraries would hold up the start of the window.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.audio.resample import mix_down
from app.domain.errors import KnownError
from app.domain.messages import Float32Array
from app.domain.sentences import say

if TYPE_CHECKING:
    import av

MAX_GAP_S = 600.0
_MIN_GAP_S = 0.2
_INTEGER_SCALES = {"u8": 128.0, "s16": 2.0**15, "s32": 2.0**31, "s64": 2.0**63}
_RIFF_SIZE_BYTES = 8
_PAUSING_FORMATS = ("matroska", "mov", "mpegts", "avi", "flv", "asf")
"""Containers whose time stamps may leave out a stretch on purpose."""
_ESTIMATED_FORMATS = frozenset({"mp3", "aac"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Consecutive mono samples at the file's own rate.

    Attributes:
        samples: float32 (n,) in [-1, 1].
        gap_before_s: Time without any audio before them, by the file's time stamps.
    """

    samples: Float32Array
    rate_hz: int
    gap_before_s: float = 0.0


class Decoder:
    """An open file; iterate once over `sounds`.

    Attributes:
        duration_s: As the file claims; None when it does not say.
        is_duration_estimated: The claim may be a guess from the bit rate.
        is_damaged: Whether pieces could not be decoded; final after the iteration.

    Raises:
        KnownError: The file is missing, unreadable, empty, not audio, or has no audio track.
    """

    def __init__(self, path: Path) -> None:
        import av

        check_readable(path)
        self.path = path
        self.is_damaged = _is_cut_riff(path)
        try:
            self._container = av.open(str(path), metadata_errors="ignore")
        except (av.FFmpegError, ValueError) as error:
            raise KnownError(
                say(
                    "{file} is not an audio or video file, or it is damaged beyond reading. "
                    "Play it in another program to check it.",
                    file=path.name,
                )
            ) from error
        if not self._container.streams.audio:
            self._container.close()
            raise KnownError(
                say(
                    "{file} holds no audio track: it is a video without sound, or no audio "
                    "file. Choose a file with sound.",
                    file=path.name,
                )
            )
        self._stream = self._container.streams.best("audio") or self._container.streams.audio[0]
        self._stream.thread_type = "AUTO"
        self.rate_hz = self._stream.codec_context.sample_rate or 0
        self.channels = self._stream.codec_context.channels or 0
        self.duration_s = self._duration_s()
        self._can_pause = any(name in self._container.format.name for name in _PAUSING_FORMATS)
        self.is_duration_estimated = self._container.format.name in _ESTIMATED_FORMATS

    def __enter__(self) -> Decoder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._container.close()

    def sounds(self) -> Iterator[Sound]:
        """Decode all of it; pieces that cannot be decoded are skipped and leave a gap."""
        expected_s: float | None = None
        for frame in self._frames():
            samples = to_mono(frame)
            if not len(samples):
                continue
            gap_s = 0.0
            start_s = frame.time
            if start_s is not None and expected_s is not None:
                late_s = start_s - expected_s
                # A larger jump is a broken clock, not a pause.
                gap_s = late_s if _MIN_GAP_S < late_s < MAX_GAP_S else 0.0
                self.is_damaged |= gap_s > 0 and not self._can_pause
            if start_s is not None:
                expected_s = start_s + len(samples) / frame.sample_rate
            yield Sound(samples=samples, rate_hz=frame.sample_rate, gap_before_s=gap_s)

    def _frames(self) -> Iterator[av.AudioFrame]:
        import av

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.FFmpegError:
                # The rest of the container cannot be read; what came before is good.
                self.is_damaged = True
                return
            try:
                yield from packet.decode()
            except av.EOFError:
                return
            except av.FFmpegError:
                self.is_damaged = True

    def _duration_s(self) -> float | None:
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        if self._container.duration is not None:
            import av

            return float(self._container.duration / av.time_base)
        return None


def to_mono(frame: av.AudioFrame) -> Float32Array:
    """The mean over the channels of a decoded frame, float32 (n,) in [-1, 1]."""
    values: npt.NDArray[np.generic] = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    scale = _INTEGER_SCALES.get(frame.format.name.removesuffix("p"))
    if scale is None:
        return mix_down(values.T.astype(np.float64 if values.itemsize == 8 else np.float32))
    offset = 128.0 if values.dtype == np.uint8 else 0.0
    return mix_down(((values.astype(np.float64) - offset) / scale).T)


def check_readable(path: Path) -> None:
    """Raise a `KnownError` that says why `path` cannot be read, if it cannot."""
    try:
        is_folder = path.is_dir()
        if not is_folder:
            with path.open("rb") as file:
                is_empty = not file.read(1)
    except FileNotFoundError:
        raise KnownError(
            say("There is no file {path}. Check the name and the folder.", path=path)
        ) from None
    except PermissionError:
        raise KnownError(
            say("{file} may not be read. Change its permissions first.", file=path.name)
        ) from None
    except OSError as error:
        raise KnownError(
            say("{file} cannot be read: {cause}.", file=path.name, cause=error.strerror or error)
        ) from error
    if is_folder:
        raise KnownError(
            say("{path} is a folder. Give the audio files in it one by one.", path=path)
        )
    if is_empty:
        raise KnownError(say("{file} is empty (0 bytes). Copy or record it again.", file=path.name))


def _is_cut_riff(path: Path) -> bool:
    """Whether a WAV file is shorter than its header says (FFmpeg does not tell)."""
    with path.open("rb") as file:
        head = file.read(12)
        size_bytes = file.seek(0, os.SEEK_END)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return False
    claimed = int.from_bytes(head[4:8], "little")
    # Programs that stream write 0 or all ones because they never learn the size.
    return claimed not in (0, 0xFFFFFFFF) and claimed + _RIFF_SIZE_BYTES > size_bytes + 1
