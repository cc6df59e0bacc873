"""What `app.bootstrap` takes from this package; nothing here touches a device by itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from app.audio.files import FileImporter
from app.audio.player import SpoolPlayer
from app.audio.repair import repair
from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.messages import Notice
from app.domain.ports import AudioFiles, CaptureBackend, InputDevice, Player, Recording
from app.domain.sentences import say

__all__ = [
    "UnsupportedCaptureBackend",
    "open_audio_files",
    "open_capture_backend",
    "open_player",
    "repair",
]


class UnsupportedCaptureBackend:
    """Stands where an operating system has no capture yet; files can still be transcribed."""

    def __init__(self, system: str) -> None:
        self._system = system

    def list_devices(self) -> tuple[InputDevice, ...]:
        """Raise `KnownError`."""
        raise self._error()

    def start(
        self,
        devices: Mapping[StreamId, str],
        folder: Path,
        on_notice: Callable[[Notice], None],
    ) -> Recording:
        """Raise `KnownError`."""
        raise self._error()

    def _error(self) -> KnownError:
        return KnownError(
            say(
                "Recording from devices is not supported on {system} yet, neither microphone "
                "nor system audio. Record with another program and transcribe the file.",
                system=self._system,
            ),
            category=Category.DEVICE,
        )


def open_capture_backend(platform: str = sys.platform) -> CaptureBackend:
    """The capture backend of this operating system; its methods say so if there is none yet."""
    if platform.startswith("linux"):
        from app.audio.linux import LinuxCaptureBackend

        return LinuxCaptureBackend()
    if platform == "win32":
        from app.audio.windows import WindowsCaptureBackend

        return WindowsCaptureBackend()
    if platform == "darwin":
        from app.audio.macos import MacCaptureBackend

        return MacCaptureBackend()
    return UnsupportedCaptureBackend(platform)


def open_audio_files() -> AudioFiles:
    """What decodes files into spools."""
    return FileImporter()


def open_player() -> Player:
    """What plays stored audio; the device is opened when something is played."""
    return SpoolPlayer()
