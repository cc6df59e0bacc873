"""What the window shows while no meeting is open."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.actions import Do
from app.ui.kit import Kit
from app.ui.parts import mark_part

TEXT_WIDTH_PX = 440


class WelcomeView(QWidget):
    """Three ways to begin: record, import, try the sample."""

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self.setProperty("kind", "page")
        mark_part(self)
        self.logo = QLabel(self)
        self.logo.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.heading = QLabel(self)
        self.heading.setProperty("kind", "title")
        self.heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.text = QLabel(self)
        self.text.setProperty("kind", "muted")
        self.text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.text.setWordWrap(True)
        self.text.setFixedWidth(TEXT_WIDTH_PX)
        self._buttons: dict[Do, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addStretch(1)
        for do, kind in ((Do.RECORD, "primary"), (Do.IMPORT, ""), (Do.SAMPLE, "")):
            action = kit.actions[do]
            button = QPushButton(action.text(), self)
            button.setProperty("kind", kind)
            button.setAccessibleName(action.text())
            button.setToolTip(action.toolTip())
            button.clicked.connect(action.trigger)
            self._buttons[do] = button
            row.addWidget(button)
        row.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 20, 20, 20)
        box.setSpacing(10)
        box.addStretch(2)
        box.addWidget(self.logo)
        box.addSpacing(6)
        box.addWidget(self.heading)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.text)
        middle.addStretch(1)
        box.addLayout(middle)
        box.addSpacing(16)
        box.addLayout(row)
        box.addSpacing(10)
        steps = kit.actions[Do.FIRST_STEPS]
        self.first_steps = QPushButton(steps.text(), self)
        self.first_steps.setProperty("kind", "flat")
        self.first_steps.setAccessibleName(steps.text())
        self.first_steps.setToolTip(steps.toolTip())
        self.first_steps.clicked.connect(steps.trigger)
        box.addWidget(self.first_steps, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(3)
        kit.theme.changed.connect(self._dress)
        self.show_state(is_empty=True)
        self._dress()

    def show_state(self, *, is_empty: bool) -> None:
        """Greet on a first start; else say what to do next."""
        self._buttons[Do.SAMPLE].setVisible(is_empty)
        if is_empty:
            self.heading.setText(self.tr("Who said what, as it is said"))
            self.text.setText(
                self.tr(
                    "Record a meeting, or drop audio or video files here. Everything stays "
                    "on this computer."
                )
            )
        else:
            self.heading.setText(self.tr("Choose a meeting"))
            self.text.setText(self.tr("Or record a new one, or drop files here to transcribe."))

    @Slot()
    def _dress(self) -> None:
        tokens, icons = self._kit.theme.tokens, self._kit.icons
        self.logo.setPixmap(icons.pixmap("logo", tokens.accent, 56))
        colours = {Do.RECORD: tokens.on_accent, Do.IMPORT: tokens.text, Do.SAMPLE: tokens.accent}
        names = {Do.RECORD: "record", Do.IMPORT: "import", Do.SAMPLE: "sparkle"}
        for do, button in self._buttons.items():
            button.setIcon(icons.icon(names[do], colours[do]))
        self.first_steps.setIcon(icons.icon("info", tokens.accent))
