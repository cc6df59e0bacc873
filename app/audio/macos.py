"""The capture backend for macOS: a Core Audio process tap through catap, and PortAudio.

A tap hears what all programs play, on whichever output, and never this program itself. Which
microphone is the default is asked of Core Audio, since PortAudio knows what was when it started.
macOS gives zeros, without asking anybody, to a program whose bundle does not state
NSAudioCaptureUsageDescription, and to one that the user has refused; the watchdog says so.
"""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from app.audio import portaudio
from app.audio.capture import Input, PortAudioInput
from app.audio.devices import DEFAULT, PORTAUDIO_PREFIX, portaudio_devices
from app.audio.opening import DeviceBackend, Watch
from app.audio.packets import PacketInput
from app.audio.ring import Int16Array
from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.ports import InputDevice
from app.domain.sentences import say
from app.lib.clock import Clock

log = logging.getLogger(__name__)

TAP_KEY = "tap:system"
_SYSTEM_OBJECT = 1
_DEFAULT_INPUT = "dIn "
"""kAudioObjectSystemObject and kAudioHardwarePropertyDefaultInputDevice (AudioHardware.h)."""
_TAP_NAME = "System audio"
_GAP_S = 1.0
"""A tap delivers zeros while nothing plays; buffers wait on a Python thread for up to this."""
_PERMISSION_HINT: str = say(
    "Allow it in System Settings, Privacy & Security, Screen & System Audio Recording, "
    "and start Crosstalk again."
)


def load_catap() -> ModuleType:
    """The `catap` module.

    Raises:
        KnownError: It is not installed, or macOS is older than 14.2.
    """
    try:
        import catap
    except ImportError as error:
        raise KnownError(
            say(
                "System audio needs macOS 14.2 or newer and the package catap, which cannot "
                "be loaded ({problem}). Record the microphone alone, or update.",
                problem=error,
            ),
            category=Category.DEVICE,
        ) from error
    module: ModuleType = catap
    return module


class MacCaptureBackend(DeviceBackend):
    """Lists microphones and one tap; records them."""

    def list_devices(self) -> tuple[InputDevice, ...]:
        """Microphones, and system audio where it can be tapped."""
        portaudio.refresh()
        found = list(portaudio_devices())
        try:
            load_catap()
        except KnownError as error:
            log.info("no system audio: %s", error)
        else:
            # The tap's own rate is known when it runs.
            found.append(
                InputDevice(
                    key=TAP_KEY,
                    name=_TAP_NAME,
                    stream=StreamId.SYSTEM,
                    is_default=True,
                    rate_hz=48_000,
                    channels=2,
                )
            )
        if not found:
            raise KnownError(
                "No microphone and no system audio was found. Connect a microphone, or update "
                "to macOS 14.2 or newer for system audio.",
                category=Category.DEVICE,
            )
        return tuple(sorted(found, key=lambda d: (d.stream, not d.is_default, d.name)))

    def open_device(self, device: InputDevice, stream: StreamId) -> Input:
        """Start to capture from a microphone or the tap."""
        if device.key == TAP_KEY:
            return TapInput(device, self._clock)
        return PortAudioInput(device, self._clock, name=device.key.removeprefix(PORTAUDIO_PREFIX))

    def watch(self) -> MicrophoneWatch:
        """Watch the default microphone; a tap follows the default output by itself."""
        return MicrophoneWatch()

    def is_right(self, wanted: str, stream: StreamId, opened: Input, watch: Watch) -> bool:
        """Whether the default is still the microphone that is recorded, where it was asked for."""
        if stream is not StreamId.MIC or wanted != DEFAULT:
            return True
        return default_microphone() in (None, opened.device.name)

    def surroundings(self) -> MacSurroundings:
        """What Core Audio knows."""
        return MacSurroundings()


class MicrophoneWatch:
    """Sets `changed` when another microphone becomes the default, from a thread of catap's."""

    def __init__(self) -> None:
        self.changed = threading.Event()
        self._watch: Any = None
        try:
            from catap import events

            self._watch = events.watch_property(_SYSTEM_OBJECT, _DEFAULT_INPUT, self._take)
        except (ImportError, OSError) as error:
            log.info("the default microphone is not watched: %s", error)

    def close(self) -> None:
        """Stop watching; idempotent."""
        watch, self._watch = self._watch, None
        if watch is not None:
            try:
                watch.close()
            except (OSError, RuntimeError) as error:
                log.info("the watch closes with an error: %s", error)

    def _take(self, _event: Any) -> None:
        self.changed.set()


def default_microphone() -> str | None:
    """The name of the default microphone; None if nobody knows."""
    try:
        devices = load_catap().list_audio_devices()
    except (KnownError, OSError) as error:
        log.info("microphones are unknown: %s", error)
        return None
    return next((str(device.name) for device in devices if device.is_default_input), None)


class MacSurroundings:
    """What Core Audio knows of other programs."""

    silence_hint = _PERMISSION_HINT

    def playing_program(self) -> str | None:
        """The name of another program that has an output running."""
        try:
            processes = load_catap().list_audio_processes()
        except (KnownError, OSError) as error:
            log.info("programs are unknown: %s", error)
            return None
        playing = [p for p in processes if p.is_outputting and p.pid != os.getpid()]
        return next((str(process.name) for process in playing), None)

    def is_muted(self, device: InputDevice) -> bool:
        """False: not known."""
        return False

    def program_muting(self, device: InputDevice) -> str | None:
        """None: not known."""
        return None


class TapInput(PacketInput):
    """What all programs but this one play.

    Raises:
        KnownError: macOS refuses the tap.
    """

    def __init__(self, device: InputDevice, clock: Clock) -> None:
        super().__init__(clock)
        catap = load_catap()
        started_at_s = clock.monotonic()
        try:
            own = catap.find_process_by_pid(os.getpid())
            self._session = catap.RecordingSession.from_system_audio(
                exclude=() if own is None else (own,), on_buffer=self.take
            )
            self._session.start()
            sound_format = self._session.stream_format
        except (OSError, RuntimeError, LookupError, ValueError) as error:
            log.warning("the tap was refused: %s", error)
            raise KnownError(
                say(
                    "macOS does not let Crosstalk record system audio. {hint}",
                    hint=_PERMISSION_HINT,
                ),
                category=Category.DEVICE,
            ) from error
        if sound_format is not None:
            device = replace(
                device,
                rate_hz=round(sound_format.sample_rate),
                channels=sound_format.num_channels,
            )
        self.begin(device, started_at_s, gap_s=_GAP_S)

    def write(self, packet: Any, taken_at_s: float) -> None:
        """Write one buffer, captured until it was taken."""
        self._filler.packet(_int16_frames(packet), taken_at_s)

    def is_running(self) -> bool:
        """Whether the tap has not failed."""
        return not self._session.capture_failed

    def end(self) -> None:
        """Close the tap."""
        try:
            self._session.close()
        except (OSError, RuntimeError) as error:
            log.warning("the tap closes with an error: %s", error)


def _int16_frames(buffer: Any) -> Int16Array:
    """A tap's buffer, interleaved float32 or integer PCM, as int16 (n, channels)."""
    sound = buffer.format
    if sound.is_float:
        scaled = np.frombuffer(buffer.data, dtype=f"<f{sound.bytes_per_sample}") * 32_768.0
        samples = np.clip(np.rint(scaled), -32_768, 32_767).astype(np.int16)
    else:
        # 16, 24 or 32 bit, packed: the last two bytes of each are the 16 highest bits.
        parts = np.frombuffer(buffer.data, dtype=np.uint8).reshape(-1, sound.bytes_per_sample)
        samples = np.ascontiguousarray(parts[:, -2:]).view("<i2")
    return samples.reshape(-1, sound.num_channels)
