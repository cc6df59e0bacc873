"""Stand for `pyaudiowpatch` and `catap`: what their sources promise, driven by a test.

PyAudioWPatch 0.2.12.9 `pyaudiowpatch/__init__.py` and catap 0.6.0 `session.py`, `audio_buffer.py`,
`events.py`, `bindings/process.py` and `bindings/device.py` were read for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

RATE_HZ = 48_000


@dataclass
class FakePyAudioStream:
    """An open loopback."""

    arguments: dict[str, Any]
    is_closed: bool = False
    is_running: bool = True

    def is_active(self) -> bool:
        return self.is_running

    def close(self) -> None:
        self.is_closed = True

    def deliver(self, frames: np.ndarray, at_s: float) -> Any:
        """Call the callback with frames int16 (n, channels), as PortAudio's thread does."""
        times = {"input_buffer_adc_time": at_s, "current_time": at_s, "output_buffer_dac_time": 0}
        callback = self.arguments["stream_callback"]
        return callback(frames.astype("<i2").tobytes(), len(frames), times, 0)


@dataclass
class FakePyAudioModule:
    """The module; `outputs` are the names of the endpoints, the first is the default."""

    outputs: tuple[str, ...] = ("Speakers (Realtek)", "Headset (Jabra)")
    microphone: str = "Microphone (Jabra)"
    paInt16: int = 8  # noqa: N815 - the module's own name
    paContinue: int = 0  # noqa: N815 - the module's own name
    refuses: bool = False
    has_wasapi: bool = True
    streams: list[FakePyAudioStream] = field(default_factory=list)
    started_count: int = 0
    ended_count: int = 0

    def PyAudio(self) -> FakePyAudio:
        return FakePyAudio(self)

    @property
    def open_count(self) -> int:
        return self.started_count - self.ended_count


class FakePyAudio:
    """One PortAudio: it knows the devices there were when it started."""

    def __init__(self, module: FakePyAudioModule) -> None:
        self._module = module
        self._outputs = module.outputs
        module.started_count += 1

    def terminate(self) -> None:
        self._module.ended_count += 1

    def get_default_wasapi_device(self, *, d_out: bool = False, d_in: bool = False) -> dict:
        if not self._module.has_wasapi or (d_out and not self._outputs):
            raise OSError("no WASAPI")
        return {"name": self._outputs[0] if d_out else self._module.microphone}

    def get_loopback_device_info_generator(self) -> Iterator[dict]:
        for index, name in enumerate(self._outputs):
            yield {
                "index": 10 + index,
                "name": f"{name} [Loopback]",
                "defaultSampleRate": float(RATE_HZ),
                "maxInputChannels": 2,
                "isLoopbackDevice": True,
            }

    def open(self, **arguments: Any) -> FakePyAudioStream:
        if self._module.refuses:
            raise OSError(-9985, "Device unavailable")
        known = {10 + index for index in range(len(self._outputs))}
        assert arguments["input_device_index"] in known
        self._module.streams.append(FakePyAudioStream(arguments))
        return self._module.streams[-1]


@dataclass
class FakeTapSession:
    """A running tap."""

    on_buffer: Callable[[Any], None]
    exclude: tuple[Any, ...]
    refuses: bool
    capture_failed: bool = False
    is_started: bool = False
    close_count: int = 0
    stream_format: Any = None

    def start(self) -> None:
        if self.refuses:
            raise OSError("AudioHardwareCreateProcessTap failed with status 560947818")
        self.is_started = True
        self.stream_format = sound_format(is_float=True)

    def close(self) -> None:
        self.close_count += 1

    def deliver(self, frames: np.ndarray) -> None:
        """Hand over frames int16 (n, channels) as float32, as Core Audio has them."""
        data = (frames / 32_768.0).astype("<f4").tobytes()
        self.on_buffer(
            SimpleNamespace(data=data, frame_count=len(frames), format=self.stream_format)
        )


def sound_format(*, is_float: bool, bits: int = 32) -> SimpleNamespace:
    """What catap says of the samples in a buffer."""
    return SimpleNamespace(
        sample_rate=float(RATE_HZ),
        num_channels=2,
        bits_per_sample=bits,
        bytes_per_sample=bits // 8,
        is_float=is_float,
    )


@dataclass
class FakePropertyWatch:
    """An open watch of one property of a Core Audio object."""

    object_id: int
    selector: str
    callback: Callable[[Any], None]
    close_count: int = 0

    def close(self) -> None:
        self.close_count += 1

    def fire(self) -> None:
        """Say that the property changed, as catap's dispatcher thread does."""
        self.callback(SimpleNamespace(object_id=self.object_id, selector_fourcc=self.selector))


@dataclass
class FakeCatap:
    """The module, and its submodule `events`."""

    refuses: bool = False
    processes: list[Any] = field(default_factory=list)
    sessions: list[FakeTapSession] = field(default_factory=list)
    default_microphone: str = "MacBook Microphone"
    watches: list[FakePropertyWatch] = field(default_factory=list)

    @property
    def RecordingSession(self) -> Any:
        return SimpleNamespace(from_system_audio=self._from_system_audio)

    def find_process_by_pid(self, pid: int) -> Any:
        return SimpleNamespace(pid=pid)

    @property
    def events(self) -> FakeCatap:
        return self

    def list_audio_devices(self) -> list[Any]:
        names = {"MacBook Microphone", "AirPods", self.default_microphone}
        return [
            SimpleNamespace(name=name, is_default_input=name == self.default_microphone)
            for name in sorted(names)
        ]

    def watch_property(
        self, object_id: int, selectors: str, callback: Callable[[Any], None]
    ) -> FakePropertyWatch:
        if self.refuses:
            raise OSError("AudioObjectAddPropertyListener failed with status 560947818")
        self.watches.append(FakePropertyWatch(object_id, selectors, callback))
        return self.watches[-1]

    def list_audio_processes(self) -> list[Any]:
        return self.processes

    def _from_system_audio(self, *, exclude: tuple, on_buffer: Callable) -> FakeTapSession:
        self.sessions.append(FakeTapSession(on_buffer, exclude, self.refuses))
        return self.sessions[-1]
