"""What a Pulse server knows of mutes and of other programs."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any, TypeVar

from app.audio.loopback import CLIENT_NAME
from app.audio.watchdog import OTHER_OUTPUT_HINT
from app.domain.ports import InputDevice

log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")


class PulseSurroundings:
    """Asks PulseAudio, or PipeWire through the same protocol (`app.audio.watchdog.Surroundings`).

    Thread: any; every question opens a connection of its own.
    """

    silence_hint = OTHER_OUTPUT_HINT

    def playing_program(self) -> str | None:
        """The name of another program whose sound is neither paused nor muted."""

        def find(pulse: Any) -> str | None:
            playing = [s for s in pulse.sink_input_list() if not s.corked and not s.mute]
            return next((_program(s) for s in playing if not _is_own(s)), None)

        return _ask(find, None)

    def is_muted(self, device: InputDevice) -> bool:
        """Whether the source of a device is muted."""
        return _ask(
            lambda pulse: any(s.name == device.key and s.mute for s in pulse.source_list()), False
        )

    def program_muting(self, device: InputDevice) -> str | None:
        """The name of another program that records a device and is muted there."""

        def find(pulse: Any) -> str | None:
            index = next((s.index for s in pulse.source_list() if s.name == device.key), None)
            muted = [s for s in pulse.source_output_list() if s.source == index and s.mute]
            return next((_program(s) for s in muted if not _is_own(s)), None)

        return _ask(find, None)


def _ask(question: Callable[[Any], _Answer], unknown: _Answer) -> _Answer:
    try:
        import pulsectl
    except (ImportError, OSError) as error:
        log.info("no Pulse client library: %s", error)
        return unknown
    try:
        with pulsectl.Pulse("crosstalk-surroundings", connect=False) as pulse:
            pulse.connect()
            return question(pulse)
    except pulsectl.PulseError as error:
        log.info("the Pulse server does not tell: %s", error)
        return unknown


def _program(stream: Any) -> str:
    return str(stream.proplist.get("application.name") or stream.name or "Another program")


def _is_own(stream: Any) -> bool:
    properties = stream.proplist
    is_ours = properties.get("application.process.id") == str(os.getpid())
    return is_ours or bool(properties.get("application.name") == CLIENT_NAME)
