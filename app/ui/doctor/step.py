"""The step of a first start that checks the sound."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.doctor.findings import Findings
from app.ui.kit import Kit

TOLD_ELSEWHERE = frozenset({"models", "library"})


class SoundStep(QWidget):
    """Says what will happen, and checks microphone and system audio when asked."""

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        about = QLabel(
            self.tr(
                "Crosstalk writes down who says what, in this room and in your calls, while they "
                "say it. For that it hears your microphone and what this computer plays. The "
                "check listens to both for a second and plays a quiet sound."
            ),
            self,
        )
        about.setProperty("kind", "muted")
        about.setWordWrap(True)
        self.check = QPushButton(self.tr("Check the sound"), self)
        self.check.setAccessibleName(self.tr("Check the sound"))
        self.check.setToolTip(self.tr("Plays a quiet sound and listens to each device"))
        self.check.clicked.connect(self._run)
        self.findings = Findings(kit, without=TOLD_ELSEWHERE, parent=self)
        self.findings.ran.connect(self._offer_again)
        row = QHBoxLayout()
        row.addWidget(self.check)
        row.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(about)
        box.addLayout(row)
        box.addWidget(self.findings, 1)

    @Slot()
    def _run(self) -> None:
        self.check.setEnabled(False)
        self.findings.run()

    @Slot()
    def _offer_again(self) -> None:
        self.check.setText(self.tr("Check again"))
        self.check.setAccessibleName(self.check.text())
        self.check.setEnabled(True)
