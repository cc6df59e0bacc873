"""A page that checks sound, disk and models before a meeting, and says how to fix each."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.doctor.findings import CheckRow, Findings
from app.ui.kit import Kit
from app.ui.tab_order import move_focus

WIDTH_PX, HEIGHT_PX = 560, 560


class DoctorDialog(QDialog):
    """Runs the checks when it is shown, and again when asked."""

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Ready for a meeting?"))
        self.resize(WIDTH_PX, HEIGHT_PX)
        self.findings = Findings(kit, parent=self)
        self.message = self.findings.message
        self.again = QPushButton(self.tr("Check again"), self)
        self.again.setAccessibleName(self.tr("Check again"))
        self.again.setToolTip(self.tr("Plays a quiet sound and listens to each device"))
        self.again.clicked.connect(self.run)
        self.findings.ran.connect(lambda: self.again.setEnabled(True))
        self.shut = QPushButton(self.tr("Close"), self)
        self.shut.setAccessibleName(self.tr("Close"))
        self.shut.setToolTip(self.tr("Go back to the window"))
        self.shut.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.again)
        buttons.addWidget(self.shut)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 20)
        box.setSpacing(12)
        box.addWidget(self.findings, 1)
        box.addLayout(buttons)

    @property
    def rows(self) -> list[CheckRow]:
        """The findings, what is to fix first."""
        return self.findings.rows

    @Slot()
    def run(self) -> None:
        """Check everything in the background."""
        self.again.setEnabled(False)
        self.findings.run()

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802
        """Go on as the layouts order the controls."""
        return move_focus(self, is_next=is_next)

    def done(self, result: int) -> None:
        """Close; what still comes is not shown."""
        self.findings.close_findings()
        super().done(result)
