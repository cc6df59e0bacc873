"""The bar that finds words in the open meeting."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.actions import Do
from app.ui.kit import Kit
from app.ui.review.find import Place, next_place, places_of
from app.ui.review.passages import replaced
from app.ui.transcript.model import TranscriptModel
from app.ui.widgets.search_field import SearchField


class FindBar(QFrame):
    """Enter goes to the next place, Shift+Enter to the one before, Escape closes."""

    found = Signal(object)
    """A `Place` to show."""
    terms_changed = Signal(tuple)
    """What to mark, lower case; () when the bar closes."""
    rewritten = Signal(dict)
    """New texts of lines, by segment."""
    closed = Signal()

    def __init__(self, kit: Kit, model: TranscriptModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._model = model
        self._places: tuple[Place, ...] = ()
        self._at_s = -1.0
        self._shown: Place | None = None
        self._is_going_on = False
        self.setProperty("kind", "header")
        self.field = SearchField(kit.theme, kit.icons, self.tr("Find in this meeting"), self)
        self.field.setAccessibleDescription(
            self.tr("Enter goes to the next place, Shift+Enter to the one before")
        )
        self.field.textChanged.connect(self._look)
        self.count = QLabel(self)
        self.count.setProperty("kind", "muted")
        self.count.setMinimumWidth(80)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(28, 8, 20, 8)
        rows.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(6)
        rows.addLayout(row)
        row.addWidget(self.field, 1)
        row.addWidget(self.count)
        self._buttons: dict[str, QToolButton] = {}
        for icon, name, tip, slot in (
            ("back", kit.actions[Do.FIND_PREVIOUS].text(),
             kit.actions[Do.FIND_PREVIOUS].toolTip(), self.previous),
            ("forward", kit.actions[Do.FIND_NEXT].text(),
             kit.actions[Do.FIND_NEXT].toolTip(), self.next),
            ("close", self.tr("Close"), self.tr("Close (Escape)"), self.close_bar),
        ):  # fmt: skip
            button = QToolButton(self)
            button.setProperty("kind", "flat")
            button.setAccessibleName(name)
            button.setToolTip(tip)
            button.clicked.connect(slot)
            self._buttons[icon] = button
            row.addWidget(button)
        self._build_replacing(rows)
        kit.theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def open_bar(self, at_s: float) -> None:
        """Show the bar; the search starts at a moment."""
        self._at_s = at_s
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self._look()

    def _build_replacing(self, rows: QVBoxLayout) -> None:
        self.replacing = QWidget(self)
        self.text = QLineEdit(self.replacing)
        self.text.setPlaceholderText(self.tr("Replace with"))
        self.text.setAccessibleName(self.tr("Replace with"))
        self.text.setAccessibleDescription(self.tr("What stands there afterwards"))
        self.one = QPushButton(self.tr("Replace"), self.replacing)
        self.one.setAccessibleName(self.tr("Replace"))
        self.one.setToolTip(self.tr("Replace this place and go to the next one"))
        self.one.clicked.connect(self.replace_one)
        self.all = QPushButton(self.tr("Replace all"), self.replacing)
        self.all.setAccessibleName(self.tr("Replace all"))
        self.all.setToolTip(self.tr("Replace every place in this meeting; one undo takes it back"))
        self.all.clicked.connect(self.replace_all)
        row = QHBoxLayout(self.replacing)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.text, 1)
        row.addWidget(self.one)
        row.addWidget(self.all)
        rows.addWidget(self.replacing)
        self.replacing.hide()

    def open_replacing(self) -> None:
        """Show the field for what stands there afterwards."""
        self.replacing.show()

    @Slot()
    def replace_one(self) -> None:
        """Rewrite the place that is shown, then go on."""
        if self._shown is None:
            self.next()
        else:
            self._is_going_on = True
            self._rewrite([self._shown])

    @Slot()
    def replace_all(self) -> None:
        """Rewrite all places as one correction."""
        self._rewrite(self._places)

    def _rewrite(self, places: Sequence[Place]) -> None:
        length = len(" ".join(self.field.text().split()))
        at = [(place.segment_id, place.character) for place in places]
        texts = replaced(list(self._model.lines()), at, length, self.text.text().strip())
        if texts:
            self.rewritten.emit(texts)

    @Slot()
    def close_bar(self) -> None:
        """Hide the bar and its marks."""
        if self.isHidden():
            return
        self.hide()
        self.replacing.hide()
        self.terms_changed.emit(())
        self.closed.emit()

    @Slot()
    def next(self) -> None:
        """Go to the next place."""
        self._go(is_backward=False)

    @Slot()
    def previous(self) -> None:
        """Go to the place before."""
        self._go(is_backward=True)

    def refresh(self) -> None:
        """Count again: the meeting has changed."""
        if not self.isHidden():
            self._places = places_of(self._model.lines(), self.field.text())
            self._show_count(None)
            self._shown = None
            if self._is_going_on:
                self._is_going_on = False
                self._show(next_place(self._places, self._at_s))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter and Escape."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            is_backward = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._go(is_backward=is_backward)
        elif event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        else:
            super().keyPressEvent(event)

    # --- Inside ----------------------------------------------------------------------------

    @Slot()
    def _look(self) -> None:
        text = " ".join(self.field.text().lower().split())
        self._places = places_of(self._model.lines(), text)
        self.terms_changed.emit((text,) if text else ())
        # The place that is shown stays shown while its word is typed on.
        self._show(next_place(self._places, self._at_s - 0.002))

    def _go(self, *, is_backward: bool) -> None:
        if self.isHidden():
            self.open_bar(0.0)
            return
        self._show(next_place(self._places, self._at_s, is_backward=is_backward))

    def _show(self, number: int | None) -> None:
        self._show_count(number)
        self._shown = None if number is None else self._places[number]
        if number is not None:
            self._at_s = self._places[number].seconds
            self.found.emit(self._places[number])

    def _show_count(self, number: int | None) -> None:
        for button in (self.one, self.all):
            button.setEnabled(bool(self._places))
        if not self.field.text().strip():
            text = ""
        elif not self._places:
            text = self.tr("Not found")
        elif number is None:
            text = str(len(self._places))
        else:
            text = self.tr("%1 of %2").replace("%1", str(number + 1))
            text = text.replace("%2", str(len(self._places)))
        self.count.setText(text)

    @Slot()
    def _dress(self) -> None:
        for icon, button in self._buttons.items():
            button.setIcon(self._kit.icons.icon(icon, self._kit.theme.tokens.text))
