"""What the window says when something fails: one plain sentence, and how serious it is."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.domain.errors import Category, ErrorReport, KnownError, Severity
from app.ui.translation import translated


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A failure in words for the user.

    Attributes:
        text: What happened, what was kept, what to do.
        is_known: False when the cause is ours; details are in the log then.
    """

    text: str
    severity: Severity = Severity.ERROR
    category: Category = Category.INTERNAL
    is_known: bool = True


def problem_of(error: BaseException) -> Problem:
    """Put an exception into words; only a `KnownError` speaks for itself."""
    if isinstance(error, KnownError):
        return Problem(text=translated(error.message), category=error.category)
    return Problem(
        text=QCoreApplication.translate(
            "Problem",
            "Something went wrong inside Crosstalk. Your recordings and transcripts are kept. "
            "Try again; if it happens once more, the log file says why.",
        ),
        is_known=False,
    )


def problem_of_report(report: ErrorReport) -> Problem:
    """Take over the words of a report that came from the engine."""
    return Problem(
        text=translated(report.user_text), severity=report.severity, category=report.category
    )
