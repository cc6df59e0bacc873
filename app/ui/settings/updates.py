"""Which version this is, and a button that asks for a newer one."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.services.updates import Release
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.translation import translated
from app.ui.widgets.fold import Fold


class UpdatesRow(QWidget):
    """Stands below the setting; a press of the button is the only thing here that asks."""

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        own = self.tr("This is version %1.").replace("%1", kit.context.updates.version)
        version = QLabel(own, self)
        version.setWordWrap(True)
        self.message = QLabel(self)
        self.message.setProperty("kind", "muted")
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.message.setAccessibleName(self.tr("What was found"))
        self.message.hide()
        self.check = QPushButton(self.tr("Look now"), self)
        self.check.setAccessibleName(self.tr("Look for a newer version now"))
        self.check.setToolTip(self.tr("Asks pypi.org once, whatever the setting says"))
        self.check.clicked.connect(self.look)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(version)
        words.addWidget(self.message)
        ways = QHBoxLayout()
        ways.addWidget(self.check, 0, Qt.AlignmentFlag.AlignTop)
        row = QVBoxLayout(self)
        row.setContentsMargins(0, 6, 0, 6)
        row.addWidget(Fold(words, ways, self, spacing_px=12))

    @Slot()
    def look(self) -> None:
        """Ask, in the background."""
        self.check.setEnabled(False)
        self._say(self.tr("Asking pypi.org…"))
        self._kit.tasks.run(self._kit.context.updates.check, self._show, self._fail)

    def _show(self, release: Release) -> None:
        self._end(told(release))

    def _fail(self, problem: Problem) -> None:
        self._end(problem.text)

    def _end(self, text: str) -> None:
        self.check.setEnabled(True)
        self._say(text)

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self.message.show()


def told(release: Release) -> str:
    """What was found, in the language of the window."""
    if release.version is None:
        return QCoreApplication.translate("Updates", "No version is published yet.")
    if not release.is_newer:
        return QCoreApplication.translate("Updates", "This is the newest version.")
    text = QCoreApplication.translate("Updates", "Version %1 is available.")
    return f"{text.replace('%1', release.version)} {translated(release.how)}"
