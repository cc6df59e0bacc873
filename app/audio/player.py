"""Plays the mix of stored spools."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from app.audio import portaudio
from app.audio.denoise import Denoiser, denoised
from app.audio.ring import Int16Array
from app.audio.spool import SAMPLE_BYTES
from app.audio.stretch import stretched
from app.domain.errors import Category, KnownError
from app.domain.sentences import say
from app.domain.units import SESSION_RATE_HZ, to_samples
from app.lib.threads import Worker

log = logging.getLogger(__name__)

_BLOCK_SAMPLES = 800
"""50 ms: what `stop` may have to wait for."""
_JOIN_S = 3.0
_NO_OUTPUT = say(
    "Nothing can be played because no sound output was found. "
    "Connect headphones or speakers, or start the sound server, and try again."
)


class SpoolPlayer:
    """Plays one thing at a time through the default output.

    Thread: `play` and `stop` from any, one call at a time; `position_s` from any.
    """

    def __init__(self) -> None:
        self._worker: Worker | None = None
        self._lock = threading.Lock()
        self._next_sample: int | None = None
        self._latency_s = 0.0

    def play(
        self,
        spools: Sequence[Path],
        start_s: float,
        end_s: float | None = None,
        *,
        speed: float = 1.0,
        noise_limit_db: float = 0.0,
    ) -> None:
        """Play the mix of spools; see `Player.play`.

        Raises:
            KnownError: No output device, the recording is gone, or noise cannot be reduced here.
        """
        self.stop()
        start = max(0, to_samples(start_s))
        try:
            length = max((path.stat().st_size // SAMPLE_BYTES for path in spools), default=0)
        except OSError as error:
            raise KnownError(
                "The recording of this meeting is gone, so it cannot be played.",
                category=Category.DISK,
            ) from error
        end = length if end_s is None else min(length, to_samples(end_s))
        if start >= end:
            return
        blocks = _blocks(tuple(spools), start, end, speed)
        if noise_limit_db > 0.0:
            blocks = denoised(blocks, Denoiser(noise_limit_db))
        stream = _open_output()
        with self._lock:
            self._latency_s = float(stream.latency)
            self._next_sample = start
        self._worker = Worker("player", lambda stop: self._run(stop, stream, blocks)).start()

    def stop(self) -> None:
        """Stop playing."""
        if self._worker is not None:
            self._worker.stop(_JOIN_S)
            self._worker = None

    def position_s(self) -> float | None:
        """Seconds from the start of the recording now heard."""
        with self._lock:
            if self._next_sample is None:
                return None
            return max(0.0, self._next_sample / SESSION_RATE_HZ - self._latency_s)

    def _run(
        self, stop: threading.Event, stream: Any, blocks: Iterator[tuple[Int16Array, int]]
    ) -> None:
        sounddevice = portaudio.load()
        try:
            for block, reached in blocks:
                if stop.is_set():
                    break
                stream.write(block.reshape(-1, 1))
                with self._lock:
                    self._next_sample = reached
            else:
                stream.stop()
        except (sounddevice.PortAudioError, OSError) as error:
            log.warning("playing ended early: %s", error)
        finally:
            stream.close(ignore_errors=True)
            with self._lock:
                self._next_sample = None


def _blocks(
    paths: Sequence[Path], start: int, end: int, speed: float
) -> Iterator[tuple[Int16Array, int]]:
    """What is written to the device, and the sample of the recording reached with each block."""
    if speed != 1.0:
        yield from stretched(partial(mix_spools, paths), start, end, speed)
        return
    for position in range(start, end, _BLOCK_SAMPLES):
        block = mix_spools(paths, position, min(_BLOCK_SAMPLES, end - position))
        yield block, position + len(block)


def mix_spools(paths: Sequence[Path], start: int, count: int) -> Int16Array:
    """The clipped sum of `count` samples of each spool from `start`; a spool that ended is silent.

    Raises:
        OSError: A spool cannot be read.
    """
    total = np.zeros(count, dtype=np.int32)
    for path in paths:
        with path.open("rb") as file:
            file.seek(start * SAMPLE_BYTES)
            data = file.read(count * SAMPLE_BYTES)
        samples = np.frombuffer(data, dtype="<i2", count=len(data) // SAMPLE_BYTES)
        total[: len(samples)] += samples
    return np.clip(total, -32_768, 32_767).astype(np.int16)


def _open_output() -> Any:
    sounddevice = portaudio.load()
    has_pulse = portaudio.has_pulse_pcm()
    try:
        stream = sounddevice.OutputStream(
            device=portaudio.PULSE_PCM if has_pulse else None,
            samplerate=SESSION_RATE_HZ,
            channels=1,
            dtype="int16",
            latency=0.1,
        )
        portaudio.register(stream)
        stream.start()
    except (sounddevice.PortAudioError, ValueError) as error:
        raise KnownError(_NO_OUTPUT, category=Category.DEVICE) from error
    return stream
