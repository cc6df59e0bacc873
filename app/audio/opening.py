"""Starts a recording of real devices: what is the same on every operating system."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from app.audio import devices as inventory
from app.audio.awake import Awake
from app.audio.capture import Input
from app.audio.recorder import Recorder
from app.audio.spool import SPOOL_SUFFIX
from app.audio.watchdog import Surroundings
from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.meeting import StreamInfo
from app.domain.messages import Notice
from app.domain.ports import InputDevice
from app.domain.sentences import say
from app.lib.clock import Clock, SystemClock

log = logging.getLogger(__name__)

_START_TIMEOUT_S = 1.0
"""For all devices together."""


class Watch(Protocol):
    """Tells that devices or defaults may have changed."""

    changed: threading.Event

    def close(self) -> None:
        """Stop watching; idempotent."""
        ...


class DeviceBackend(ABC):
    """Lists and records devices (`CaptureBackend`); one subclass per operating system."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    @abstractmethod
    def list_devices(self) -> tuple[InputDevice, ...]:
        """Everything that can be recorded now; see `CaptureBackend.list_devices`."""

    @abstractmethod
    def open_device(self, device: InputDevice, stream: StreamId) -> Input:
        """Start to capture from a device.

        Raises:
            KnownError: It cannot be opened.
        """

    def find_again(self, wanted: str, stream: StreamId) -> InputDevice:
        """The device to go on with after one was lost or a default changed.

        Raises:
            KnownError: There is none at present.
        """
        return inventory.resolve(self.list_devices(), wanted, stream)

    @abstractmethod
    def watch(self) -> Watch:
        """Watch for changes until the watch is closed; called once per recording."""

    @abstractmethod
    def is_right(self, wanted: str, stream: StreamId, opened: Input, watch: Watch) -> bool:
        """Whether an input still records what was asked for; called after a change."""

    @abstractmethod
    def surroundings(self) -> Surroundings:
        """What the sound system knows of other programs."""

    def start(
        self,
        devices: Mapping[StreamId, str],
        folder: Path,
        on_notice: Callable[[Notice], None],
    ) -> WatchedRecording:
        """Start to record into `folder`; see `CaptureBackend.start`.

        What a device delivers is stored from its first frame on. Returns as soon as every device
        delivers, at the latest after about a second: an output that was idle can need longer, and
        its first frame is placed where it belongs.
        """
        if not devices:
            raise KnownError("Choose a microphone or system audio to record.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _refuse_used_folder(folder, devices)
            older = set(folder.iterdir())
            started_at_s = self._clock.monotonic()
            inputs = self._open_all(devices)
        except OSError as error:
            raise _folder_error(folder, error) from error
        watch: Watch | None = None
        try:
            watch = current = self.watch()
            recording = WatchedRecording(
                folder,
                inputs,
                lambda stream: self._record(self.find_again(devices[stream], stream), stream),
                lambda stream, opened: self.is_right(devices[stream], stream, opened, current),
                watch=current,
                surroundings=self.surroundings(),
                started_at_s=started_at_s,
                on_notice=on_notice,
                clock=self._clock,
            )
        except OSError as error:
            if watch is not None:
                watch.close()
            _close_all(inputs)
            raise _folder_error(folder, error) from error
        try:
            self._wait_started(inputs)
        except BaseException:
            recording.stop()
            for path in set(folder.iterdir()) - older:
                # What came in a second of one device is no meeting: free for another try.
                path.unlink(missing_ok=True)
            raise
        recording.watch()
        return recording

    def _open_all(self, devices: Mapping[StreamId, str]) -> dict[StreamId, Input]:
        inputs: dict[StreamId, Input] = {}
        known = self.list_devices()
        # System audio first: its helper process starts while the microphone is being opened.
        order = sorted(devices, key=lambda stream: stream is not StreamId.SYSTEM)
        try:
            for stream in order:
                device = inventory.resolve(known, devices[stream], stream)
                inputs[stream] = self._record(device, stream)
        except BaseException:
            _close_all(inputs)
            raise
        return {stream: inputs[stream] for stream in devices}

    def _wait_started(self, inputs: Mapping[StreamId, Input]) -> None:
        until_s = self._clock.monotonic() + _START_TIMEOUT_S
        for opened in inputs.values():
            left_s = max(0.0, until_s - self._clock.monotonic())
            if not opened.wait_started(left_s) and opened.is_lost:
                raise KnownError(
                    say(
                        '"{device}" cannot be recorded: the sound server refused it. '
                        "Choose another device.",
                        device=opened.device.name,
                    ),
                    category=Category.DEVICE,
                )

    def _record(self, device: InputDevice, stream: StreamId) -> Input:
        log.info("recording %s at %d Hz, %d ch", stream, device.rate_hz, device.channels)
        return self.open_device(device, stream)


class WatchedRecording(Recorder):
    """A recording that follows the defaults and its devices, and keeps the computer awake.

    It takes care of its devices from the call of `watch` on.
    """

    def __init__(
        self,
        folder: Path,
        inputs: Mapping[StreamId, Input],
        reopen: Callable[[StreamId], Input],
        is_right: Callable[[StreamId, Input], bool],
        *,
        watch: Watch,
        surroundings: Surroundings,
        started_at_s: float,
        on_notice: Callable[[Notice], None],
        clock: Clock,
    ) -> None:
        self._device_watch = watch
        super().__init__(
            folder,
            inputs,
            reopen,
            changed=watch.changed,
            is_right=is_right,
            started_at_s=started_at_s,
            on_notice=on_notice,
            clock=clock,
            surroundings=surroundings,
            is_watching=False,
        )
        self._awake = Awake()

    def stop(self) -> tuple[StreamInfo, ...]:
        """Close everything; see `Recorder.stop`."""
        self._device_watch.close()
        try:
            return super().stop()
        finally:
            self._awake.release()


def _close_all(inputs: Mapping[StreamId, Input]) -> None:
    for opened in inputs.values():
        opened.close()


def _refuse_used_folder(folder: Path, devices: Mapping[StreamId, str]) -> None:
    for stream in devices:
        if (folder / f"{stream}{SPOOL_SUFFIX}").exists():
            raise KnownError(
                say(
                    "{folder} already holds a recording, which is kept. Record into a new folder.",
                    folder=folder,
                ),
                category=Category.DISK,
            )


def _folder_error(folder: Path, error: OSError) -> KnownError:
    return KnownError(
        say(
            "{folder} cannot be written ({cause}), so nothing was recorded. Choose another "
            "data folder or free some space.",
            folder=folder,
            cause=error.strerror or error,
        ),
        category=Category.DISK,
    )
