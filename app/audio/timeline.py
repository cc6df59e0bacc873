"""Puts the frames of one stream on the session's time line, in the archive and in the spool."""

from __future__ import annotations

import math
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from app.audio.archive import Archive, segment_paths
from app.audio.levels import LevelMeter, Signal, SignalWatch
from app.audio.resample import SessionResampler, mix_down
from app.audio.ring import Int16Array
from app.audio.spool import SPOOL_SUFFIX, Spool, to_float
from app.domain.ids import StreamId
from app.domain.meeting import StreamInfo
from app.domain.ports import InputDevice
from app.domain.units import SESSION_RATE_HZ, Span

MARKED_FROM_S = 0.5
"""A shorter loss, as when the default output changes, is counted and not marked."""
_JOINED_S = 0.1


class StreamWriter:
    """Writes one stream so that sample 0 of archive and spool is session time 0.

    What was lost stands in archive and spool as zeros. Both have the same duration, but for what
    the spool was stretched by to keep time with other devices.

    Thread: the recorder's; `spool` and `meter` may be read from any.
    """

    def __init__(
        self, folder: Path, stream: StreamId, device: InputDevice, *, segment_s: float
    ) -> None:
        self.spool = Spool.create(folder / f"{stream}{SPOOL_SUFFIX}")
        self._folder = folder
        self._stream = stream
        self._device = device
        self._archive = Archive(
            folder,
            stream,
            rate_hz=device.rate_hz,
            channels=device.channels,
            segment_s=segment_s,
        )
        self._lost_samples = 0
        self._lost_s: list[tuple[float, float]] = []
        self._noted_s = 0.0
        """Losses before this moment stand in the index, for a crash."""
        self._base_samples = 0
        self._start_format(device)

    @property
    def level_dbfs(self) -> float:
        """The level of the last 100 ms."""
        return self._meter.level_dbfs

    @property
    def rate_hz(self) -> int:
        """Of the frames that are appended."""
        return self._device.rate_hz

    @property
    def position_s(self) -> float:
        """Session time of the next frame."""
        nominal_s = self._base_samples / SESSION_RATE_HZ + self._frame_count / self._device.rate_hz
        return nominal_s + self._resampler.surplus_s

    def append(self, frames: Int16Array) -> tuple[Signal, ...]:
        """Write the next frames (n, channels); returns what they show.

        Raises:
            OSError: The disk refuses.
        """
        self._archive.append(frames)
        heard = to_float(frames)
        mono = mix_down(heard)
        self._meter.push(mono)
        self._frame_count += len(frames)
        self.spool.append(self._resampler.push(mono))
        return self._watch.push(mono, np.abs(heard).max(axis=1, initial=0.0))

    def append_loss(self, frame_count: int) -> None:
        """Write zeros for frames that were lost, and count them."""
        self._lost_samples += math.ceil(frame_count * SESSION_RATE_HZ / self._device.rate_hz)
        start_s = self.position_s
        self._append_zeros(frame_count)
        if self._lost_s and start_s - self._lost_s[-1][1] < _JOINED_S:
            start_s, _ = self._lost_s.pop()
        end_s = self.position_s
        self._lost_s.append((start_s, end_s))
        if end_s - max(start_s, self._noted_s) >= MARKED_FROM_S:
            self._archive.note_loss(start_s, end_s)
            self._noted_s = end_s

    def append_silence(self, frame_count: int) -> None:
        """Write zeros for frames that are not to be stored; they are no loss."""
        self._meter.push(np.zeros(frame_count, dtype=np.float32))
        self._append_zeros(frame_count)

    def fill_until(self, session_s: float, *, is_loss: bool) -> None:
        """Write zeros up to a session time; nothing if it has been reached."""
        missing = round((session_s - self.position_s) * self._device.rate_hz)
        if missing > 0 and is_loss:
            self.append_loss(missing)
        elif missing > 0:
            self._append_zeros(missing)

    def stretch(self, share: float) -> None:
        """Let the spool grow by `1 + share` from now on, against a device's slow or fast clock."""
        self._resampler.stretch(share)

    def change_device(self, device: InputDevice) -> None:
        """Go on with frames of another device; its rate and channels may differ."""
        self.spool.append(self._resampler.finish())
        self._base_samples = self.spool.sample_count
        self._archive.change_format(rate_hz=device.rate_hz, channels=device.channels)
        self._start_format(device)

    def sync(self) -> None:
        """Make everything so far survive a power cut."""
        self._archive.sync()
        self.spool.sync()

    def pack_step(self) -> None:
        """Pack a little of a closed segment."""
        self._archive.pack_step()

    def close(self) -> None:
        """End spool and archive, also where the disk refuses the end of one of them.

        Raises:
            OSError: The disk refuses.
        """
        with ExitStack() as stack:
            stack.callback(self._archive.close)
            stack.callback(self.spool.close)
            self.spool.append(self._resampler.finish())
            self.spool.sync()

    def info(self) -> StreamInfo:
        """What is stored."""
        return StreamInfo(
            stream=self._stream,
            device=self._device.name,
            rate_hz=self._device.rate_hz,
            channels=self._device.channels,
            spool_path=self.spool.path,
            original_paths=segment_paths(self._folder, self._stream),
            sample_count=self.spool.sample_count,
            dropped_samples=self._lost_samples,
            lost=tuple(
                Span.from_seconds(start_s, end_s)
                for start_s, end_s in self._lost_s
                if end_s - start_s >= MARKED_FROM_S
            ),
        )

    def _start_format(self, device: InputDevice) -> None:
        self._device = device
        self._frame_count = 0
        self._resampler = SessionResampler(device.rate_hz)
        self._meter = LevelMeter(device.rate_hz)
        self._watch = SignalWatch(device.rate_hz)

    def _append_zeros(self, frame_count: int) -> None:
        piece = self._device.rate_hz
        zeros = np.zeros((min(frame_count, piece), self._device.channels), dtype=np.int16)
        for start in range(0, frame_count, piece):
            part = zeros[: frame_count - start]
            self._archive.append(part)
            self._frame_count += len(part)
            self.spool.append(self._resampler.push(np.zeros(len(part), dtype=np.float32)))
