"""What the engine says when a stage fails."""

from __future__ import annotations

import traceback

from app.domain.errors import Category, ErrorReport, Severity
from app.domain.units import Span
from app.lib.threads import Crash


def asr_failed(
    severity: Severity, user_text: str, error: Exception, span: Span | None = None
) -> ErrorReport:
    """A decode failed; the session goes on.

    Args:
        span: What stays without words.
    """
    return ErrorReport(
        severity=severity,
        category=Category.ENGINE,
        stage="asr",
        user_text=user_text,
        detail=f"{type(error).__name__}: {error}",
        traceback_text="".join(traceback.format_exception(error)),
        span=span,
        is_retryable=True,
    )


def rescue_failed(error: Exception) -> ErrorReport:
    """Overlaps are taken apart no more in this session; the plain text stays."""
    return ErrorReport(
        severity=Severity.WARNING,
        category=Category.ENGINE,
        stage="separation",
        user_text="Where two people talk at once, both voices are written only after the meeting.",
        detail=f"{type(error).__name__}: {error}",
        traceback_text="".join(traceback.format_exception(error)),
    )


def lane_died(crash: Crash) -> ErrorReport:
    """A thread of the engine ended by a bug: its process ends, the host starts another."""
    return ErrorReport(
        severity=Severity.FATAL,
        category=Category.INTERNAL,
        stage=crash.thread_name,
        user_text="The speech engine failed and is started again; nothing is lost.",
        detail=crash.error,
        traceback_text=crash.traceback_text,
        is_retryable=True,
    )
