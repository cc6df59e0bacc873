"""The first start in three steps: sound, models, a sample meeting."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.actions import Do, keys_of
from app.ui.doctor.step import SoundStep
from app.ui.kit import Kit
from app.ui.models.step import ModelsStep
from app.ui.models.view import MissingModels
from app.ui.tab_order import move_focus

WIDTH_PX, HEIGHT_PX = 580, 500


class TryStep(QWidget):
    """Offers the sample meeting, and says what recording people asks for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        about = QLabel(
            self.tr(
                "The sample meeting shows what a call looks like while it is written down. It "
                "plays from a file; your microphone stays off."
            ),
            self,
        )
        about.setProperty("kind", "muted")
        about.setWordWrap(True)
        self.sample = QPushButton(self.tr("Try the sample meeting"), self)
        self.sample.setProperty("kind", "primary")
        self.sample.setAccessibleName(self.tr("Try the sample meeting"))
        self.sample.setToolTip(self.tr("Play a short sample meeting through the live transcript"))
        consent = QLabel(self.tr("Before you record people"), self)
        consent.setProperty("kind", "heading")
        self.reminder = QLabel(
            self.tr(
                "Tell everybody in the meeting that it is recorded and written down, what for, "
                "and who gets to read it. In many places the law wants their consent first. "
                "If somebody objects, pause, or go off the record: there are buttons for both."
            ),
            self,
        )
        self.reminder.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.sample)
        row.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(about)
        box.addLayout(row)
        box.addSpacing(12)
        box.addWidget(consent)
        box.addWidget(self.reminder)
        box.addStretch(1)


class FirstSteps(QDialog):
    """Three pages with Back and Next; every one of them can be left as it is."""

    sample_wanted = Signal()

    def __init__(self, kit: Kit, models: MissingModels, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("First steps"))
        size = QSize(WIDTH_PX, HEIGHT_PX) * kit.theme.scale
        self.resize(size if parent is None else size.boundedTo(parent.size()))
        self.sound = SoundStep(kit, self)
        self.models = ModelsStep(models, self)
        self.trying = TryStep(self)
        self.trying.sample.clicked.connect(self._play_sample)
        self._titles = (
            self.tr("Can Crosstalk hear you?"),
            self.tr("Models for words and voices"),
            self.tr("See it at work"),
        )
        self.step = QLabel(self)
        self.step.setProperty("kind", "small")
        self.heading = QLabel(self)
        self.heading.setProperty("kind", "title")
        self.heading.setWordWrap(True)
        self.pages = QStackedWidget(self)
        for page in (self.sound, self.models, self.trying):
            self.pages.addWidget(_scrolled(page))
        again = self.tr("The first steps can be opened again: %1")
        again = again.replace("%1", keys_of(kit.actions[Do.FIRST_STEPS]))
        self.later = self._button(self.tr("Close"), again)
        self.later.setProperty("kind", "flat")
        self.later.clicked.connect(self.reject)
        self.back = self._button(self.tr("Back"), self.tr("Go to the step before"))
        self.back.clicked.connect(lambda: self._go(self.pages.currentIndex() - 1))
        self.next = self._button(self.tr("Next"), self.tr("Go to the next step"))
        self.next.setProperty("kind", "primary")
        self.next.setDefault(True)
        self.next.clicked.connect(self._go_on)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addWidget(self.later)
        buttons.addStretch(1)
        buttons.addWidget(self.back)
        buttons.addWidget(self.next)
        box = QVBoxLayout(self)
        box.setContentsMargins(28, 24, 28, 20)
        box.setSpacing(6)
        box.addWidget(self.step)
        box.addWidget(self.heading)
        box.addSpacing(8)
        box.addWidget(self.pages, 1)
        box.addSpacing(8)
        box.addLayout(buttons)
        self._go(0)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(text)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        return button

    def _go(self, number: int) -> None:
        self.pages.setCurrentIndex(number)
        count = self.pages.count()
        step = self.tr("Step %1 of %2").replace("%1", str(number + 1)).replace("%2", str(count))
        self.step.setText(step)
        self.heading.setText(self._titles[number])
        self.setAccessibleDescription(f"{step}: {self._titles[number]}")
        self.back.setEnabled(number > 0)
        self.next.setText(self.tr("Next") if number + 1 < count else self.tr("Done"))
        self.next.setAccessibleName(self.next.text())
        self.next.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _go_on(self) -> None:
        if self.pages.currentIndex() + 1 < self.pages.count():
            self._go(self.pages.currentIndex() + 1)
        else:
            self.accept()

    @Slot()
    def _play_sample(self) -> None:
        self.accept()
        self.sample_wanted.emit()

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802
        """Go on as the layouts order the controls."""
        return move_focus(self, is_next=is_next)

    def done(self, result: int) -> None:
        """Close; what still comes of the check is not shown."""
        self.sound.findings.close_findings()
        super().done(result)


def _scrolled(page: QWidget) -> QScrollArea:
    """A page that is never cut, however large its text."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    return area
