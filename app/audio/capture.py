"""Opens recording streams; holds the only real-time callback of the program.

Linux: the microphone comes through PortAudio (`sounddevice`) and ALSA's `pulse` device, which
takes any Pulse source; where that device is missing (no libasound2-plugins) the microphone is
recorded like system audio (`app.audio.loopback`). Without a Pulse server PortAudio opens the
ALSA device itself.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Any, Protocol

from app.audio import portaudio
from app.audio.devices import PORTAUDIO_PREFIX
from app.audio.loopback import PulseInput
from app.audio.ring import Int16Array, Ring
from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.ports import InputDevice
from app.domain.sentences import say
from app.lib.clock import Clock

log = logging.getLogger(__name__)

RING_S = 12.0
_LATENCY_S = 0.1
BLOCK_S = 0.02
"""PortAudio hands over blocks down to a single frame where it may choose their length."""


class Input(Protocol):
    """One open device that fills a ring until it is closed or lost."""

    device: InputDevice
    ring: Ring
    process_id: int
    """Which process the sound server sees recording."""

    @property
    def is_lost(self) -> bool:
        """Whether the device ended by itself; what the ring holds can still be read."""
        ...

    def wait_started(self, timeout_s: float) -> bool:
        """Wait for the first frame; returns False when none came or the device ended."""
        ...

    def close(self) -> None:
        """Stop capturing; the ring stays readable. Idempotent."""
        ...


def open_input(device: InputDevice, stream: StreamId, clock: Clock) -> Input:
    """Start to capture from a device.

    Args:
        stream: What it is recorded as.

    Raises:
        KnownError: It cannot be opened.
    """
    if device.key.startswith(PORTAUDIO_PREFIX):
        return PortAudioInput(device, clock, name=device.key.removeprefix(PORTAUDIO_PREFIX))
    if stream is StreamId.MIC and portaudio.has_pulse_pcm():
        try:
            with portaudio.pulse_source(device.key):
                return PortAudioInput(device, clock, name=portaudio.PULSE_PCM)
        except KnownError:
            log.info("the ALSA plugin refuses %s; parec records it", device.key)
    return PulseInput(device, clock, ring_for(device))


def ring_for(device: InputDevice) -> Ring:
    """A ring that holds what comes while the disk or the recorder's thread is away."""
    return Ring(
        capacity_frames=round(RING_S * device.rate_hz),
        channels=device.channels,
        rate_hz=device.rate_hz,
    )


class Callback:
    """What PortAudio calls on its own real-time thread.

    Budget: under a tenth of a block. It copies into preallocated memory and bumps counters: no
    lock, no log, no growth.
    """

    __slots__ = ("_now_s", "_write")

    def __init__(self, ring: Ring, now_s: Callable[[], float]) -> None:
        self._write = ring.write
        self._now_s = now_s

    def __call__(self, frames: Int16Array, count: int, times: Any, status: Any) -> None:
        """Take one block of frames (count, channels)."""
        self._write(frames, self._now_s())


class PortAudioInput:
    """A device recorded through PortAudio.

    Raises:
        KnownError: The device cannot be opened.
    """

    def __init__(self, device: InputDevice, clock: Clock, *, name: str) -> None:
        self.device = device
        self.ring = ring_for(device)
        self.process_id = os.getpid()
        self._ended = threading.Event()
        self._is_closed = False
        sounddevice = portaudio.load()
        try:
            self._stream = sounddevice.InputStream(
                device=name,
                samplerate=device.rate_hz,
                channels=device.channels,
                dtype="int16",
                blocksize=round(BLOCK_S * device.rate_hz),
                latency=_LATENCY_S,
                callback=Callback(self.ring, clock.monotonic),
                finished_callback=self._ended.set,
            )
            portaudio.register(self._stream)
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            log.warning("PortAudio refused %s: %s", device.key, error)
            raise KnownError(
                say(
                    'The microphone "{device}" cannot be opened. Check that it is connected '
                    "and not used exclusively by another program.",
                    device=device.name,
                ),
                category=Category.DEVICE,
            ) from error

    @property
    def is_lost(self) -> bool:
        """Whether the device ended by itself."""
        return self._ended.is_set() and not self._is_closed

    def wait_started(self, timeout_s: float) -> bool:
        """Wait for the first frame."""
        step_s = 0.01
        for _ in range(max(1, round(timeout_s / step_s))):
            # The callback may set no event, so its counter is read at intervals.
            if self.ring.last_position or self._ended.wait(step_s):
                break
        return self.ring.last_position > 0

    def close(self) -> None:
        """Stop capturing."""
        if not self._is_closed:
            self._is_closed = True
            # `abort` returns at once; `stop` would wait for buffers that are not needed.
            self._stream.abort(ignore_errors=True)
            self._stream.close(ignore_errors=True)
