"""The card of the settings page with the terms that hold for every meeting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QLocale, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.vocabulary import Vocabulary
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.widgets.fold import Fold
from app.ui.widgets.terms_field import TermsField, told

T = TypeVar("T")

SHOWN_LINES = 8


class VocabularyCard(QFrame):
    """Edits the list; what is typed is stored when the keys rest, one version after the other."""

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._waiting: str | None = None
        self._is_saving = False
        self._then: Callable[[], object] | None = None
        self.setProperty("kind", "card")
        self.title, self.about = self.tr("Vocabulary"), self._about()
        heading = QLabel(self.title, self)
        heading.setProperty("kind", "heading")
        heading.setWordWrap(True)
        about = QLabel(self.about, self)
        about.setProperty("kind", "muted")
        about.setWordWrap(True)
        self.field = TermsField(kit.theme, self.tr("Terms for every meeting"), SHOWN_LINES, self)
        self.field.settled.connect(self._save)
        self.message = QLabel(self)
        self.message.setProperty("kind", "small")
        self.message.setWordWrap(True)
        self.message.hide()
        self.add = self._button(
            self.tr("Add from a file…"), self.tr("Adds the terms of a text file to the list")
        )
        self.add.clicked.connect(self._choose_source)
        self.copy = self._button(
            self.tr("Save as a file…"), self.tr("Writes the list to a text file")
        )
        self.copy.clicked.connect(self._choose_target)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.message, 1)
        first.addStretch(1)
        first.addWidget(self.add)
        second.addWidget(self.copy, 1)
        buttons = Fold(first, second, self, spacing_px=10)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 18, 24, 18)
        box.setSpacing(10)
        for widget in (heading, about, self.field):
            box.addWidget(widget)
        box.addWidget(buttons)

    def _about(self) -> str:
        return self.tr(
            "Names, products and jargon that every meeting should get right, one a line. What a "
            "term sounds like may follow a colon. It holds from the next meeting on."
        )

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(text)
        button.setToolTip(tip)
        return button

    # --- For the page ----------------------------------------------------------------------

    def open(self) -> None:
        """Read the list; it may have changed outside the page."""
        self._say("")
        self._kit.tasks.run(self._kit.context.vocabulary.text, self._show, self._refuse)

    def fits(self, terms: tuple[str, ...]) -> bool:
        """Whether the search means this card."""
        text = f"{self.title} {self.about} terms words names".lower()
        return all(term in text for term in terms)

    def add_file(self, path: Path) -> None:
        """Add the terms of a text file."""
        self._after_saving(lambda: self._kit.context.vocabulary.add(path), self._added)

    def copy_to(self, path: Path) -> None:
        """Write the list to a text file."""
        self._after_saving(
            lambda: self._kit.context.vocabulary.copy_to(path), lambda _nothing: self._copied(path)
        )

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Store what was typed last."""
        if not self.field.is_settled:
            self.field.settle()
        super().hideEvent(event)

    # --- Storing ---------------------------------------------------------------------------

    @Slot(str)
    def _save(self, text: str) -> None:
        self._waiting = text
        if not self._is_saving:
            self._save_next()

    def _save_next(self) -> None:
        text, self._waiting = self._waiting, None
        if text is None:
            then, self._then = self._then, None
            if then is not None:
                then()
            return
        self._is_saving = True
        vocabulary = self._kit.context.vocabulary
        self._kit.tasks.run(lambda: vocabulary.save(text), self._saved, self._save_failed)

    def _saved(self, _vocabulary: Vocabulary) -> None:
        self._is_saving = False
        self._save_next()

    def _save_failed(self, problem: Problem) -> None:
        self._is_saving = False
        self._kit.show_problem(problem)
        self._save_next()

    def _after_saving(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Run `work` once the list is stored as it is written now."""
        self.field.setEnabled(False)
        self._then = lambda: self._kit.tasks.run(work, done, self._tell_problem)
        self.field.settle()

    # --- What comes back -------------------------------------------------------------------

    def _show(self, text: str) -> None:
        for widget in (self.field, self.add, self.copy):
            widget.setEnabled(True)
        if self.field.is_settled:
            self.field.set_text(text)

    def _refuse(self, problem: Problem) -> None:
        """The stored list cannot be read: nothing here may replace it."""
        for widget in (self.field, self.add, self.copy):
            widget.setEnabled(False)
        self._say(problem.text)

    def _added(self, added: Vocabulary) -> None:
        text = self.tr("Terms added: %1.").replace("%1", QLocale().toString(len(added.terms)))
        self._say(f"{text} {told(added.bad)}".strip())
        self._kit.tasks.run(self._kit.context.vocabulary.text, self._show, self._refuse)

    def _copied(self, path: Path) -> None:
        self.field.setEnabled(True)
        self._say(self.tr("Saved as %1").replace("%1", str(path)))

    def _tell_problem(self, problem: Problem) -> None:
        self.field.setEnabled(True)
        self._say(problem.text)

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self.message.setVisible(bool(text))

    # --- Files -----------------------------------------------------------------------------

    @Slot()
    def _choose_source(self) -> None:
        name, _filter = QFileDialog.getOpenFileName(
            self, self.tr("File with terms"), "", self._filter()
        )
        if name:
            self.add_file(Path(name))

    @Slot()
    def _choose_target(self) -> None:
        name, _filter = QFileDialog.getSaveFileName(
            self, self.tr("Save the vocabulary"), "vocabulary.txt", self._filter()
        )
        if name:
            self.copy_to(Path(name))

    def _filter(self) -> str:
        return self.tr("Text files") + " (*.txt);;" + self.tr("All files") + " (*)"
