"""What the check before a meeting found: runs it and lists it, what is to fix first."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.services.diagnostics import Check
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.roles import set_role
from app.ui.translation import translated


class CheckRow(QFrame):
    """One finding."""

    def __init__(self, kit: Kit, check: Check, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.check = check
        tokens = kit.theme.tokens
        symbol = QLabel(self)
        icon, colour = ("check", tokens.success) if check.is_ok else ("warning", tokens.warning)
        symbol.setPixmap(kit.icons.pixmap(icon, colour, round(20 * kit.theme.scale)))
        symbol.setAccessibleName(self.tr("Fine") if check.is_ok else self.tr("To fix"))
        name, finding, fix = map(translated, (check.name, check.finding, check.fix))
        title = QLabel(name[:1].upper() + name[1:], self)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        for text, kind in ((finding, "small"), (fix, "")):
            if not text:
                continue
            label = QLabel(text, self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setProperty("kind", kind)
            label.setWordWrap(True)
            words.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        row.addWidget(symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        state = self.tr("fine") if check.is_ok else self.tr("to fix")
        self.setAccessibleName(f"{name}, {state}: {finding} {fix}".strip())


class Findings(QWidget):
    """A sentence about the check, and its findings below."""

    ran = Signal()
    """The check has ended, with findings or without."""

    def __init__(
        self, kit: Kit, *, without: Collection[str] = (), parent: QWidget | None = None
    ) -> None:
        """Make an empty list.

        Args:
            without: Names of findings that are told elsewhere.
        """
        super().__init__(parent)
        self._kit = kit
        self._without = without
        self._is_closed = False
        self.is_running = False
        self.rows: list[CheckRow] = []
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setAccessibleName(self.tr("State of the check"))
        inner = QWidget(self)
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(0, 0, 8, 0)
        self._list.addStretch(1)
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setAccessibleName(self.tr("What was found"))
        area.setAccessibleDescription(self.tr("Arrow keys scroll"))
        set_role(area, QAccessible.Role.Grouping)
        area.setWidget(inner)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(self.message)
        box.addWidget(area, 1)

    @Slot()
    def run(self) -> None:
        """Check everything in the background; harmless while that is going on."""
        if self.is_running:
            return
        self.is_running = True
        self.message.setText(
            self.tr("Listening to each device, then a quiet sound is played. Please do not talk…")
        )
        service = self._kit.context.diagnostics
        self._kit.tasks.run(lambda: service.run(with_chirp=True), self._show_checks, self._fail)

    def close_findings(self) -> None:
        """Show nothing that still comes."""
        self._is_closed = True

    def _show_checks(self, checks: tuple[Check, ...]) -> None:
        if self._is_closed:
            return
        for row in self.rows:
            self._list.removeWidget(row)
            row.deleteLater()
        # What needs a hand comes first.
        told = [check for check in checks if check.name not in self._without]
        ordered = sorted(told, key=lambda check: check.is_ok)
        self.rows = [CheckRow(self._kit, check, self) for check in ordered]
        for place, row in enumerate(self.rows):
            self._list.insertWidget(place, row)
        bad_count = sum(not check.is_ok for check in told)
        if not bad_count:
            self._end(self.tr("Everything is ready."))
        elif bad_count == 1:
            self._end(self.tr("One thing to fix:"))
        else:
            self._end(self.tr("%1 things to fix:").replace("%1", str(bad_count)))

    def _fail(self, problem: Problem) -> None:
        if not self._is_closed:
            self._end(problem.text)

    def _end(self, text: str) -> None:
        self.is_running = False
        self.message.setText(text)
        self.ran.emit()
