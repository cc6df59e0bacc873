"""The capture backend for Linux: PulseAudio, or PipeWire through the same protocol."""

from __future__ import annotations

from app.audio import devices as inventory
from app.audio.capture import Input, open_input
from app.audio.opening import DeviceBackend, Watch
from app.audio.surroundings import PulseSurroundings
from app.audio.watch import ServerWatch
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.ports import InputDevice


class LinuxCaptureBackend(DeviceBackend):
    """Lists and records the sources of the sound server."""

    def list_devices(self) -> tuple[InputDevice, ...]:
        """Everything that can be recorded now; see `CaptureBackend.list_devices`."""
        return inventory.list_devices()

    def open_device(self, device: InputDevice, stream: StreamId) -> Input:
        """Start to capture from a source."""
        return open_input(device, stream, self._clock)

    def find_again(self, wanted: str, stream: StreamId) -> InputDevice:
        """The device that was asked for; the default of its kind while that is away.

        The watch tells when it is back, and `is_right` then asks for it.
        """
        devices = self.list_devices()
        try:
            return inventory.resolve(devices, wanted, stream)
        except KnownError:
            return inventory.resolve(devices, inventory.DEFAULT, stream)

    def watch(self) -> ServerWatch:
        """Watch the sound server."""
        return ServerWatch()

    def is_right(self, wanted: str, stream: StreamId, opened: Input, watch: Watch) -> bool:
        """Whether the source is the one that would be recorded now, and the stream still on it."""
        try:
            device = self.find_again(wanted, stream)
        except KnownError:
            return False
        return device.key == opened.device.key and inventory.is_recorded_from(
            device, opened.process_id
        )

    def surroundings(self) -> PulseSurroundings:
        """What the sound server knows."""
        return PulseSurroundings()
