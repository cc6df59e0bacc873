"""Which meetings are listed: those with a person, those since a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.domain.meeting import MeetingSummary
from app.ui.theme import Theme
from app.ui.widgets.choice import Choice

ANYBODY = ""
_NUMBERED = re.compile(r"^(Speaker \d+|Unknown)$")
"""Voices without a name: a different one in every meeting."""


def fitting(
    meetings: Sequence[MeetingSummary], person: str, days: int, today: date
) -> tuple[MeetingSummary, ...]:
    """Those of `meetings` that a person speaks in and that began in the last `days` days.

    Args:
        person: "" for anybody.
        days: 0 for any time; 1 is today.
    """
    first = today - timedelta(days=days - 1)
    return tuple(
        summary
        for summary in meetings
        if (not person or person in summary.speakers)
        and (days == 0 or summary.meeting.started_at.astimezone().date() >= first)
    )


class Filters(QWidget):
    """Two choosers; hidden while there is nothing to choose between."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.people = Choice(theme, self.tr("Person"), self)
        self.people.setToolTip(self.tr("List only meetings in which this person speaks"))
        self.people.addItem(self.tr("Anybody"), ANYBODY)
        self.times = Choice(theme, self.tr("Time"), self)
        self.times.setToolTip(self.tr("List only meetings since then"))
        for text, days in (
            (self.tr("Any time"), 0),
            (self.tr("Today"), 1),
            (self.tr("Last 7 days"), 7),
            (self.tr("Last 30 days"), 30),
            (self.tr("Last 12 months"), 365),
        ):
            self.times.addItem(text, days)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for chooser in (self.people, self.times):
            chooser.setMinimumContentsLength(6)
            chooser.currentIndexChanged.connect(self._tell)
            row.addWidget(chooser, 1)
        self.hide()

    def know(self, meetings: Sequence[MeetingSummary]) -> None:
        """Offer the people of these meetings; who is chosen stays chosen."""
        spoken = {name for summary in meetings for name in summary.speakers}
        names = sorted((name for name in spoken if not _NUMBERED.match(name)), key=str.lower)
        chosen = self.person
        if chosen and chosen not in names:
            chosen = ANYBODY
        self.people.blockSignals(True)
        while self.people.count() > 1:
            self.people.removeItem(1)
        for name in names:
            self.people.addItem(name, name)
        self.people.setCurrentIndex(max(0, self.people.findData(chosen)))
        self.people.blockSignals(False)
        self.setVisible(len(meetings) > 1)

    @property
    def person(self) -> str:
        """Who has to speak; "" for anybody."""
        return str(self.people.currentData())

    @property
    def days(self) -> int:
        """How far back; 0 for any time."""
        return int(self.times.currentData())

    @property
    def is_active(self) -> bool:
        """Whether anything is left out."""
        return bool(self.person) or self.days > 0

    def apply(self, meetings: Sequence[MeetingSummary], today: date) -> tuple[MeetingSummary, ...]:
        """What is to be listed."""
        return fitting(meetings, self.person, self.days, today)

    @Slot()
    def _tell(self) -> None:
        self.changed.emit()
