"""Errors that a user can act on, errors that are ours, and reports that cross processes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.units import Span


class Category(StrEnum):
    """Why something failed; the command line maps it to an exit code."""

    INPUT = "input"
    """The user's file, device or argument (exit 2)."""
    MISSING_MODEL = "missing-model"
    """Weights are absent or damaged (exit 2)."""
    DEVICE = "device"
    DISK = "disk"
    ENGINE = "engine"
    LIBRARY = "library"
    INTERNAL = "internal"


class Severity(StrEnum):
    """How much of the work an error stops."""

    WARNING = "warning"
    ERROR = "error"
    FATAL = "fatal"


class KnownError(Exception):
    """Something that the user can understand and act on.

    The message is one plain sentence or two: what happened, what was kept, what to do.

    Attributes:
        message: Unlike `str(error)` it still knows how it was made (`app.domain.sentences`).
    """

    def __init__(self, message: str, *, category: Category = Category.INPUT) -> None:
        super().__init__(message)
        self.message = message
        self.category = category


class BugError(Exception):
    """Something that should not have happened: ours to mend."""


class Cancelled(Exception):  # noqa: N818 - what the user asked for is no error
    """The user stopped the work; what was finished is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReport:
    """A failure as data: strings and numbers only, so that it always pickles.

    Attributes:
        user_text: One plain sentence for the window and the terminal.
        detail: Technical summary for the log.
        span: The audio concerned, if any.
        is_retryable: Whether running again can succeed.
    """

    severity: Severity
    category: Category
    stage: str
    user_text: str
    detail: str = ""
    traceback_text: str = ""
    span: Span | None = None
    is_retryable: bool = False
