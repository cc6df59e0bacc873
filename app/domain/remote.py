"""What a key of the desktop can ask of the open window."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Command(StrEnum):
    """Orders to the window."""

    START = "start"
    STOP = "stop"
    TOGGLE = "toggle"
    """Start, or stop what is being recorded."""
    PAUSE = "pause"
    """Pause, or record again."""
    OFF_RECORD = "off-record"
    """Off the record, or on it again."""
    MARK = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One command.

    Attributes:
        note: What a marker is about.
    """

    command: Command
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of an order.

    Attributes:
        text: A sentence: what happened, or why nothing did and what to do.
    """

    is_done: bool
    text: str
