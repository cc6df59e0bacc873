"""The one place that asks the operating system for the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time as the core sees it; tests pass a fake."""

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps back."""
        ...

    def now(self) -> datetime:
        """The wall-clock time in UTC."""
        ...


class SystemClock:
    """The real clock."""

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps back."""
        return time.monotonic()

    def now(self) -> datetime:
        """The wall-clock time in UTC."""
        return datetime.now(UTC)
