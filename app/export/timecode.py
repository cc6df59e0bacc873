"""Session samples written as times, the way each kind of file wants them."""

from __future__ import annotations

from app.domain.units import SESSION_RATE_HZ

_TICKS_PER_S = 100_000
"""10 µs: under half a sample at 16 kHz, so a written time leads back to the very sample."""


def seconds_number(sample: int) -> float:
    """A position in seconds, rounded to 10 µs; `to_samples` of it gives `sample` back."""
    return _ticks(sample) / _TICKS_PER_S


def seconds_text(sample: int) -> str:
    """A position in seconds with three to five decimals, such as "1.250" or "1.28006"."""
    return _ticks_text(_ticks(sample))


def duration_text(start: int, end: int) -> str:
    """A length in seconds that, added to `seconds_text(start)`, gives `seconds_text(end)`."""
    return _ticks_text(_ticks(end) - _ticks(start))


def clock(sample: int) -> str:
    """A position for people to read, whole seconds rounded down: "01:02:03"."""
    minutes, seconds = divmod(sample // SESSION_RATE_HZ, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


def to_milliseconds(sample: int) -> int:
    """A position in whole milliseconds, halves rounded up."""
    return (sample * 1000 * 2 + SESSION_RATE_HZ) // (SESSION_RATE_HZ * 2)


def millisecond_clock(milliseconds: int, separator: str) -> str:
    """A caption time such as "01:02:03.450"; `separator` stands before the milliseconds."""
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{milliseconds:03}"


def _ticks(sample: int) -> int:
    return (sample * _TICKS_PER_S * 2 + SESSION_RATE_HZ) // (SESSION_RATE_HZ * 2)


def _ticks_text(ticks: int) -> str:
    seconds, fraction = divmod(ticks, _TICKS_PER_S)
    digits = f"{fraction:05}"
    return f"{seconds}.{digits[:3]}{digits[3:].rstrip('0')}"
