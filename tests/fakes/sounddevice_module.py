"""Stands for the `sounddevice` module: streams that a test drives by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np


class PortAudioError(Exception):
    """As in `sounddevice`."""


class FakeStream:
    """An input or output stream."""

    def __init__(self, module: FakeSoundDevice, arguments: dict[str, Any]) -> None:
        if module.refuses:
            raise PortAudioError("Device unavailable")
        self.arguments = arguments
        self.latency = 0.1
        self.closed = False
        self.is_started = False
        self.source_at_opening = module.read_environment("PULSE_SOURCE")
        self.blocks: list[np.ndarray] = []
        self.written = threading.Semaphore(0)
        self.may_write = threading.Semaphore(0)
        self._module = module
        module.streams.append(self)

    def start(self) -> None:
        self.is_started = True

    def stop(self) -> None:
        self.is_started = False

    def abort(self, ignore_errors: bool = True) -> None:
        self.is_started = False
        self.arguments.get("finished_callback", lambda: None)()

    def close(self, ignore_errors: bool = True) -> None:
        self.closed = True

    def write(self, block: np.ndarray) -> None:
        assert self.may_write.acquire(timeout=10)
        if self._module.breaks:
            raise PortAudioError("the output went away")
        self.blocks.append(block.copy())
        self.written.release()


class FakeSoundDevice:
    """The part of the module that the program uses."""

    PortAudioError = PortAudioError

    def __init__(self, names: tuple[str, ...] = ("pulse",)) -> None:
        self.names = names
        self.names_after_restart = names
        self.host_api = "ALSA"
        self.restart_count = 0
        self.refuses = False
        self.breaks = False
        self.streams: list[FakeStream] = []
        self.default = SimpleNamespace(device=(0, 0))
        self.read_environment: Callable[[str], str | None] = lambda _name: None

    def query_devices(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "index": index,
                "hostapi": 0,
                "max_input_channels": 0 if name.startswith("out") else 32,
                "default_samplerate": 44_100.0,
            }
            for index, name in enumerate(self.names)
        ]

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": self.host_api, "default_input_device": self.default.device[0]}]

    def InputStream(self, **arguments: Any) -> FakeStream:
        return FakeStream(self, arguments)

    OutputStream = InputStream

    def _terminate(self) -> None:
        self.restart_count += 1

    def _initialize(self) -> None:
        self.names = self.names_after_restart
