"""The capture backend for Windows: WASAPI, loopback through PyAudioWPatch.

The microphone comes through `sounddevice`, whose PortAudio has no loopback; system audio through
PyAudioWPatch, whose PortAudio has. A PortAudio lists devices when it starts, so a loopback has
one of its own that ends with it, and a helper process tells which output is the default.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from types import ModuleType
from typing import Any

import numpy as np

from app.audio import portaudio
from app.audio.capture import BLOCK_S, Input, PortAudioInput
from app.audio.devices import DEFAULT, PORTAUDIO_PREFIX
from app.audio.opening import DeviceBackend, Watch
from app.audio.packets import PacketInput
from app.audio.watchdog import NoSurroundings
from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.ports import InputDevice
from app.domain.sentences import say
from app.lib.clock import Clock
from app.lib.threads import Worker

log = logging.getLogger(__name__)

LOOPBACK_PREFIX = "loopback:"
_HOST_API = "Windows WASAPI"
_LOOPBACK_SUFFIX = " [Loopback]"
_JOIN_S = 5.0


def load_pyaudio() -> ModuleType:
    """The `pyaudiowpatch` module.

    Raises:
        KnownError: It is not installed.
    """
    try:
        import pyaudiowpatch
    except ImportError as error:
        raise KnownError(
            "System audio needs the package PyAudioWPatch, which is not installed. "
            "Run: pip install PyAudioWPatch",
            category=Category.DEVICE,
        ) from error
    module: ModuleType = pyaudiowpatch
    return module


class WindowsCaptureBackend(DeviceBackend):
    """Lists and records WASAPI devices."""

    def list_devices(self) -> tuple[InputDevice, ...]:
        """Microphones and the loopbacks of outputs; see `CaptureBackend.list_devices`."""
        portaudio.refresh()
        devices = (*_microphones(), *_loopbacks())
        if not devices:
            raise KnownError(NOTHING_FOUND_TEXT, category=Category.DEVICE)
        return tuple(sorted(devices, key=lambda d: (d.stream, not d.is_default, d.name)))

    def open_device(self, device: InputDevice, stream: StreamId) -> Input:
        """Start to capture from a microphone or a loopback."""
        if device.key.startswith(LOOPBACK_PREFIX):
            return LoopbackInput(device, self._clock)
        return PortAudioInput(device, self._clock, name=device.key.removeprefix(PORTAUDIO_PREFIX))

    def watch(self) -> DefaultsWatch:
        """Watch the default devices."""
        return DefaultsWatch()

    def is_right(self, wanted: str, stream: StreamId, opened: Input, watch: Watch) -> bool:
        """Whether the default is still the device that is recorded, where it was asked for."""
        assert isinstance(watch, DefaultsWatch)
        default = watch.defaults.get(stream)
        return wanted != DEFAULT or default is None or default == opened.device.key

    def surroundings(self) -> NoSurroundings:
        """Nothing."""
        return NoSurroundings()


NOTHING_FOUND_TEXT = say(
    "No microphone and no system audio was found. Connect a microphone, then try again."
)


class LoopbackInput(PacketInput):
    """What an output plays.

    Raises:
        KnownError: The output cannot be recorded.
    """

    def __init__(self, device: InputDevice, clock: Clock) -> None:
        super().__init__(clock)
        started_at_s = clock.monotonic()
        module = load_pyaudio()
        self._continue = (None, module.paContinue)
        self._audio = module.PyAudio()
        try:
            info = _loopback_info(self._audio, device.key.removeprefix(LOOPBACK_PREFIX))
            self._stream = self._audio.open(
                rate=device.rate_hz,
                channels=device.channels,
                format=module.paInt16,
                input=True,
                input_device_index=info["index"],
                frames_per_buffer=round(BLOCK_S * device.rate_hz),
                stream_callback=self._called,
            )
        except (OSError, ValueError, LookupError) as error:
            log.warning("PortAudio refused %s: %s", device.key, error)
            self._audio.terminate()
            raise KnownError(
                say(
                    'The system audio of "{device}" cannot be recorded. Check that it is '
                    "connected and not used exclusively by another program.",
                    device=device.name,
                ),
                category=Category.DEVICE,
            ) from error
        self.begin(device, started_at_s)

    def write(self, packet: Any, taken_at_s: float) -> None:
        """Write the bytes of one callback, captured until it was called."""
        frames = np.frombuffer(packet, dtype="<i2").reshape(-1, self.ring.channels)
        self._filler.packet(frames, taken_at_s)

    def is_running(self) -> bool:
        """Whether the output is still there."""
        return bool(self._stream.is_active())

    def end(self) -> None:
        """Close the stream and its PortAudio."""
        try:
            self._stream.close()
        except OSError as error:
            log.info("%s closes with an error: %s", self.device.key, error)
        self._audio.terminate()

    def _called(
        self, data: bytes | None, _count: int, _times: Any, _status: int
    ) -> tuple[None, int]:
        if data:
            self.take(data)
        return self._continue


class DefaultsWatch:
    """Asks a helper process which devices are the defaults, and sets `changed`.

    Thread: its own; `close` from any other.
    """

    def __init__(self) -> None:
        self.changed = threading.Event()
        self.defaults: dict[StreamId, str] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.audio.windows_defaults"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._worker = Worker("device-watch", self._run).start()

    def close(self) -> None:
        """Stop watching; idempotent."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            # The helper ends when nobody can talk to it any more.
            self._process.stdin.close()
        if not self._worker.join(_JOIN_S):
            self._process.kill()
            self._worker.join(_JOIN_S)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _run(self, _stop: threading.Event) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            stream, _, key = line.rstrip("\n").partition("\t")
            if stream in set(StreamId):
                self.defaults[StreamId(stream)] = key
                self.changed.set()


def default_keys(module: Any) -> dict[StreamId, str]:
    """The keys of the default devices, by a PortAudio that starts and ends here."""
    audio = module.PyAudio()
    try:
        keys = {}
        for stream, prefix, is_output in (
            (StreamId.MIC, PORTAUDIO_PREFIX, False),
            (StreamId.SYSTEM, LOOPBACK_PREFIX, True),
        ):
            try:
                info = audio.get_default_wasapi_device(d_out=is_output, d_in=not is_output)
            except OSError:
                continue
            suffix = "" if is_output else f", {_HOST_API}"
            keys[stream] = f"{prefix}{info['name']}{suffix}"
        return keys
    finally:
        audio.terminate()


def _microphones() -> list[InputDevice]:
    sounddevice = portaudio.load()
    apis = sounddevice.query_hostapis()
    api = next((n for n, info in enumerate(apis) if info["name"] == _HOST_API), None)
    if api is None:
        return []
    return [
        InputDevice(
            key=f"{PORTAUDIO_PREFIX}{info['name']}, {_HOST_API}",
            name=info["name"],
            stream=StreamId.MIC,
            is_default=info["index"] == apis[api]["default_input_device"],
            rate_hz=int(info["default_samplerate"]),
            channels=info["max_input_channels"],
        )
        for info in sounddevice.query_devices()
        if info["hostapi"] == api and info["max_input_channels"] > 0
    ]


def _loopbacks() -> list[InputDevice]:
    audio = load_pyaudio().PyAudio()
    try:
        default = audio.get_default_wasapi_device(d_out=True)["name"]
        infos = list(audio.get_loopback_device_info_generator())
    except OSError as error:
        log.info("no WASAPI output: %s", error)
        return []
    finally:
        audio.terminate()
    return [
        InputDevice(
            key=f"{LOOPBACK_PREFIX}{_output_name(info)}",
            name=_output_name(info),
            stream=StreamId.SYSTEM,
            is_default=_output_name(info) == default,
            rate_hz=int(info["defaultSampleRate"]),
            channels=info["maxInputChannels"],
        )
        for info in infos
    ]


def _loopback_info(audio: Any, name: str) -> Any:
    for info in audio.get_loopback_device_info_generator():
        if _output_name(info) == name:
            return info
    raise LookupError(name)


def _output_name(info: Any) -> str:
    return str(info["name"]).removesuffix(_LOOPBACK_SUFFIX)
