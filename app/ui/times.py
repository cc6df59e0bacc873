"""Times, lengths and sizes as the window writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTime

_UNIT = re.compile(r"(?<=\d) (?=(s|ms|h|min|kB|MB|GB|Hz|kHz|dB|pt|%)\b|%)")
"""The space between a number and its unit."""


def clock(seconds: float) -> str:
    """A position or a length as 0:05, 12:34 or 1:02:03."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def unbroken(text: str) -> str:
    """A text whose numbers stay on one line with their units: 1 s, 200 ms, 5 GB, 50 %."""
    return _UNIT.sub("\u00a0", text)


def length(seconds: float) -> str:
    """A length in words: 40 s, 12 min, 1 h 05 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return _tr("%1 s").replace("%1", str(whole))
    minutes = round(whole / 60)
    if minutes < 60:
        return _tr("%1 min").replace("%1", str(minutes))
    hours, minutes = divmod(minutes, 60)
    return _tr("%1 h %2 min").replace("%1", str(hours)).replace("%2", f"{minutes:02}")


def day_heading(day: date, today: date) -> str:
    """The heading of a day in a list: Today, Yesterday, Tuesday, 3 March, 3 March 2024."""
    age_days = (today - day).days
    if age_days == 0:
        return _tr("Today")
    if age_days == 1:
        return _tr("Yesterday")
    locale = QLocale()
    if 1 < age_days < 7:
        return str(locale.dayName(day.isoweekday()))
    pattern = "d MMMM" if day.year == today.year else "d MMMM yyyy"
    return str(locale.toString(QDate(day.year, day.month, day.day), pattern))


def day(moment: datetime) -> str:
    """The local day with its year: 23 November 2026."""
    local = moment.astimezone()
    return str(QLocale().toString(QDate(local.year, local.month, local.day), "d MMMM yyyy"))


def time_of_day(moment: datetime) -> str:
    """The local time of day, as the locale writes it."""
    local = moment.astimezone()
    time = QTime(local.hour, local.minute)
    return str(QLocale().toString(time, QLocale.FormatType.ShortFormat))


def facts(parts: Iterable[str], separator: str = " · ") -> str:
    """Join short facts, each kept in its own reading direction."""
    return separator.join(isolated(part) for part in parts if part)


def isolated(text: str) -> str:
    """A text that keeps its own reading direction beside others."""
    return f"\u2068{text}\u2069"


def size_text(size_bytes: int) -> str:
    """A size as people read it: 4.1 MB, 312 MB, 1.2 GB."""
    if size_bytes >= 1e9:
        return f"{size_bytes / 1e9:.1f} GB"
    megabytes = size_bytes / 1e6
    return f"{megabytes:.0f} MB" if megabytes >= 10 else f"{megabytes:.1f} MB"


def _tr(text: str) -> str:
    return str(QCoreApplication.translate("Times", text))
