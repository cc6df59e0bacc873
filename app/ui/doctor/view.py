"""A page that checks sound, disk and models before a meeting, and says how to fix each."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.services.diagnostics import Check
from app.ui.errors import Problem
from app.ui.kit import Kit

WIDTH_PX, HEIGHT_PX = 560, 560


class CheckRow(QFrame):
    """One finding."""

    def __init__(self, kit: Kit, check: Check, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.check = check
        tokens = kit.theme.tokens
        symbol = QLabel(self)
        name, colour = ("check", tokens.success) if check.is_ok else ("warning", tokens.warning)
        symbol.setPixmap(kit.icons.pixmap(name, colour, 20))
        symbol.setAccessibleName(self.tr("Fine") if check.is_ok else self.tr("To fix"))
        title = QLabel(check.name.capitalize(), self)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        for text, kind in ((check.finding, "small"), (check.fix, "")):
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
        self.setAccessibleName(f"{check.name}, {state}: {check.finding} {check.fix}".strip())


class DoctorDialog(QDialog):
    """Runs the checks when it is shown, and again when asked."""

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._is_closed = False
        self.rows: list[CheckRow] = []
        self.setWindowTitle(self.tr("Ready for a meeting?"))
        self.resize(WIDTH_PX, HEIGHT_PX)
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
        area.setWidget(inner)
        self.again = QPushButton(self.tr("Check again"), self)
        self.again.setAccessibleName(self.tr("Check again"))
        self.again.setToolTip(self.tr("Plays a quiet sound and listens to each device"))
        self.again.clicked.connect(self.run)
        self.shut = QPushButton(self.tr("Close"), self)
        self.shut.setAccessibleName(self.tr("Close"))
        self.shut.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.again)
        buttons.addWidget(self.shut)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 20)
        box.setSpacing(12)
        box.addWidget(self.message)
        box.addWidget(area, 1)
        box.addLayout(buttons)

    @Slot()
    def run(self) -> None:
        """Check everything in the background."""
        if not self.again.isEnabled():
            return
        self.again.setEnabled(False)
        self.message.setText(
            self.tr("Listening to each device, then a quiet sound is played. Please do not talk…")
        )
        service = self._kit.context.diagnostics
        self._kit.tasks.run(lambda: service.run(with_chirp=True), self._show_checks, self._fail)

    def done(self, result: int) -> None:
        """Close; what still comes is not shown."""
        self._is_closed = True
        super().done(result)

    def _show_checks(self, checks: tuple[Check, ...]) -> None:
        if self._is_closed:
            return
        self.again.setEnabled(True)
        for row in self.rows:
            self._list.removeWidget(row)
            row.deleteLater()
        # What needs a hand comes first.
        ordered = sorted(checks, key=lambda check: check.is_ok)
        self.rows = [CheckRow(self._kit, check, self) for check in ordered]
        for place, row in enumerate(self.rows):
            self._list.insertWidget(place, row)
        bad_count = sum(not check.is_ok for check in checks)
        if not bad_count:
            self.message.setText(self.tr("Everything is ready."))
        elif bad_count == 1:
            self.message.setText(self.tr("One thing to fix:"))
        else:
            self.message.setText(self.tr("%1 things to fix:").replace("%1", str(bad_count)))

    def _fail(self, problem: Problem) -> None:
        if not self._is_closed:
            self.again.setEnabled(True)
            self.message.setText(problem.text)
