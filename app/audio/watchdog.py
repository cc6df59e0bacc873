"""Tells the user during a meeting when what is recorded cannot be what is meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from app.audio.levels import Finding, Signal
from app.domain.ids import StreamId
from app.domain.messages import Notice, NoticeKind
from app.domain.ports import InputDevice
from app.domain.sentences import say

STREAM_NAMES = {
    StreamId.MIC: say("microphone"),
    StreamId.SYSTEM: say("system audio"),
    StreamId.MIX: say("recorded device"),
}
OTHER_OUTPUT_HINT: str = say("Choose the output that it plays on.")


class Surroundings(Protocol):
    """What the sound system knows beyond the frames it delivers.

    Attributes:
        silence_hint: What to do when a program plays and the system audio is silent.

    Thread: the recorder's, at most every ten seconds per question.
    """

    silence_hint: str

    def playing_program(self) -> str | None:
        """The name of another program that plays sound now; None if none does or nobody knows."""
        ...

    def is_muted(self, device: InputDevice) -> bool:
        """Whether a device is muted in the sound settings; False if nobody knows."""
        ...

    def program_muting(self, device: InputDevice) -> str | None:
        """The name of another program that takes a device and has it muted for itself."""
        ...


class NoSurroundings:
    """Where the sound system tells nothing."""

    silence_hint = OTHER_OUTPUT_HINT

    def playing_program(self) -> str | None:
        """None."""
        return None

    def is_muted(self, device: InputDevice) -> bool:
        """False."""
        return False

    def program_muting(self, device: InputDevice) -> str | None:
        """None."""
        return None


class Watchdog:
    """Turns what one stream shows into sentences, each of them once.

    What was told is told again only after it was over for a while.

    Thread: the recorder's.
    """

    def __init__(self, stream: StreamId, surroundings: Surroundings) -> None:
        self._stream = stream
        self._title = STREAM_NAMES[stream]
        self._surroundings = surroundings
        self._silent_s = 0.0
        self._is_silence_told = False
        self._muting: str | None = None

    def judge(self, device: InputDevice, signals: Iterable[Signal]) -> Iterable[Notice]:
        """What the user should know, given what the device's latest frames show."""
        for signal in signals:
            if signal.finding is Finding.SILENT:
                yield from self._silence(device, signal.value)
            elif signal.finding is Finding.CLIPPING:
                yield self._notice(
                    NoticeKind.CLIPPING,
                    say(
                        "The {source} is too loud: {percent} % of it is cut off. Turn it down.",
                        source=self._title,
                        percent=f"{100 * signal.value:.1f}",
                    ),
                )
            else:
                yield from self._talk(device)

    def _silence(self, device: InputDevice, seconds: float) -> Iterable[Notice]:
        if seconds <= self._silent_s:
            self._is_silence_told = False
        self._silent_s = seconds
        if self._is_silence_told:
            return
        if self._stream is StreamId.SYSTEM:
            # Nothing plays before most meetings, so silence alone is no fault of system audio.
            program = self._surroundings.playing_program() if seconds >= _PLAYING_FROM_S else None
            if program is None:
                return
            text = say(
                "{program} is playing, but the recorded system audio ({device}) has been "
                "silent for {seconds} s. {hint}",
                program=program,
                device=device.name,
                seconds=f"{seconds:.0f}",
                hint=self._surroundings.silence_hint,
            )
        elif self._surroundings.is_muted(device):
            text = say(
                "The {source} ({device}) is muted in the sound settings.",
                source=self._title,
                device=device.name,
            )
        else:
            text = say(
                "The {source} has delivered nothing but silence for {seconds} s. Check "
                "that it is not muted and is the right one.",
                source=self._title,
                seconds=f"{seconds:.0f}",
            )
        self._is_silence_told = True
        yield self._notice(NoticeKind.SILENT_SOURCE, text)

    def _talk(self, device: InputDevice) -> Iterable[Notice]:
        if self._stream is not StreamId.MIC:
            return
        program = self._surroundings.program_muting(device)
        if program is not None and program != self._muting:
            yield self._notice(
                NoticeKind.MUTED,
                say(
                    "You are talking, but {program} has the microphone muted: the others do not "
                    "hear you.",
                    program=program,
                ),
            )
        self._muting = program

    def _notice(self, kind: NoticeKind, text: str) -> Notice:
        return Notice(kind=kind, text=text, stream=self._stream)


_PLAYING_FROM_S = 60.0
