"""PortAudio, loaded on first use and pointed at one PulseAudio source at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from weakref import WeakSet

from app.domain.errors import Category, KnownError

PULSE_PCM = "pulse"
"""ALSA's name for the Pulse server, installed by Debian's libasound2-plugins."""
_environment_lock = threading.Lock()
_streams: WeakSet[Any] = WeakSet()


def load() -> ModuleType:
    """The `sounddevice` module.

    Raises:
        KnownError: The PortAudio library is not installed.
    """
    try:
        import sounddevice
    except OSError as error:
        raise KnownError(
            "PortAudio is not installed, so sound devices cannot be opened. "
            "Install it (Debian and Ubuntu: apt install libportaudio2) and try again.",
            category=Category.DEVICE,
        ) from error
    module: ModuleType = sounddevice
    return module


def has_pulse_pcm() -> bool:
    """Whether PortAudio can reach the Pulse server through ALSA.

    PortAudio lists devices once, when it starts; a server that came later appears only after a
    restart of the library, which is done here unless a stream is running.
    """
    try:
        sounddevice = load()
    except KnownError:
        return False
    if _knows_pulse(sounddevice):
        return True
    return refresh() and _knows_pulse(sounddevice)


def refresh() -> bool:
    """Let PortAudio look for devices again, unless a stream of this program is open.

    Returns:
        Whether it did.
    """
    sounddevice = load()
    if any(not stream.closed for stream in _streams):
        return False
    # The documented way to refresh the list:
    # https://github.com/spatialaudio/python-sounddevice/issues/3
    sounddevice._terminate()
    sounddevice._initialize()
    return True


def register(stream: Any) -> None:
    """Tell that `stream` is open, so that the library is not restarted under it."""
    _streams.add(stream)


@contextmanager
def pulse_source(name: str) -> Iterator[None]:
    """Make ALSA's `pulse` device record from the source `name` while a stream is opened.

    libpulse reads PULSE_SOURCE whenever a connection is made, so the variable is needed only
    during the opening; what is already open keeps its source.
    """
    with _environment_lock:
        previous = os.environ.get("PULSE_SOURCE")
        os.environ["PULSE_SOURCE"] = name
        try:
            yield
        finally:
            if previous is None:
                del os.environ["PULSE_SOURCE"]
            else:
                os.environ["PULSE_SOURCE"] = previous


def _knows_pulse(sounddevice: ModuleType) -> bool:
    return any(
        info["name"] == PULSE_PCM and info["max_input_channels"] > 0
        for info in sounddevice.query_devices()
    )
