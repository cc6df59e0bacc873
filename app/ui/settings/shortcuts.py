"""The card of the settings page where every shortcut can be changed."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtGui import QAccessible, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.actions import TABLE, ActionSpec, Do
from app.ui.roles import set_role
from app.ui.shortcuts import Shortcuts
from app.ui.widgets.fold import Fold

KEYS_WIDTH_PX = 185


class ShortcutRow(QWidget):
    """One action: what it does, its keys, and the way back."""

    wanted = Signal(object, QKeySequence)
    reset_wanted = Signal(object)

    def __init__(
        self, spec: ActionSpec, shortcuts: Shortcuts, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.do = spec.do
        self._shortcuts = shortcuts
        self.text = shortcuts.name_of(spec.do)
        self.tip = QCoreApplication.translate("Actions", spec.tip)
        name = QLabel(self.text, self)
        name.setToolTip(self.tip)
        name.setWordWrap(True)
        self.keys = QKeySequenceEdit(self)
        self.keys.setMaximumSequenceLength(1)
        self.keys.setMinimumWidth(KEYS_WIDTH_PX)
        self.keys.setAccessibleName(self.tr("Keys for %1").replace("%1", self.text))
        self.keys.setAccessibleDescription(self.tr("Press the keys that shall do this"))
        set_role(self.keys, QAccessible.Role.HotkeyField)
        for line in self.keys.findChildren(QLineEdit):
            line.setAccessibleName(self.keys.accessibleName())
            line.setAccessibleDescription(self.keys.accessibleDescription())
            line.setPlaceholderText(self.tr("No keys"))
        self.none = QToolButton(self)
        self.none.setText("\u00d7")
        self.none.setProperty("kind", "step")
        self.none.setAccessibleName(self.tr("No keys for %1").replace("%1", self.text))
        self.none.setToolTip(self.tr("Take the keys away"))
        self.none.clicked.connect(lambda: self.wanted.emit(self.do, QKeySequence()))
        self.keys.editingFinished.connect(self._take)
        self.back = QPushButton(self.tr("Reset"), self)
        self.back.setAccessibleName(self.tr("Reset keys for %1").replace("%1", self.text))
        self.back.setToolTip(self.tr("Give the first keys back"))
        self.back.clicked.connect(lambda: self.reset_wanted.emit(self.do))
        policy = self.back.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.back.setSizePolicy(policy)
        title, ways = QHBoxLayout(), QHBoxLayout()
        title.addWidget(name, 1)
        ways.setSpacing(10)
        for way in (self.keys, self.none, self.back):
            ways.addWidget(way)
        row = QVBoxLayout(self)
        row.setContentsMargins(0, 3, 0, 3)
        row.addWidget(Fold(title, ways, self, spacing_px=10))
        self.show_keys()

    def show_keys(self) -> None:
        """Show what holds."""
        self.keys.blockSignals(True)
        self.keys.setKeySequence(self._shortcuts.keys_of(self.do))
        self.keys.blockSignals(False)
        self.back.setVisible(self._shortcuts.is_own(self.do))

    def fits(self, terms: tuple[str, ...]) -> bool:
        """Whether every term (lower case) is in what the row says."""
        keys = self._shortcuts.keys_of(self.do).toString()
        text = f"{self.text} {self.tip} {keys} {self.tr('Keyboard shortcuts')}".lower()
        return all(term in text for term in terms)

    @Slot()
    def _take(self) -> None:
        if self.keys.keySequence() != self._shortcuts.keys_of(self.do):
            self.wanted.emit(self.do, self.keys.keySequence())


class ShortcutsCard(QFrame):
    """All actions; built when the page is opened first, so that the window starts fast."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._shortcuts = shortcuts
        self.rows: dict[Do, ShortcutRow] = {}
        heading = QLabel(self.tr("Keyboard shortcuts"), self)
        heading.setProperty("kind", "heading")
        heading.setWordWrap(True)
        self.message = QLabel(self)
        self.message.setProperty("kind", "warning")
        self.message.setWordWrap(True)
        self.message.hide()
        about = QLabel(
            self.tr("Hold Alt to see a letter on every control; Alt with the letter presses it."),
            self,
        )
        about.setProperty("kind", "muted")
        about.setWordWrap(True)
        self.reset = QPushButton(self.tr("Reset all"), self)
        self.reset.setAccessibleName(self.tr("Reset all shortcuts"))
        self.reset.setToolTip(self.tr("Give all actions their first keys back"))
        self.reset.clicked.connect(shortcuts.reset_all)
        title, way = QHBoxLayout(), QHBoxLayout()
        title.addWidget(heading, 1)
        way.addWidget(self.reset)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(24, 18, 24, 14)
        self._box.setSpacing(2)
        self._box.addWidget(Fold(title, way, self))
        self._box.addWidget(about)
        self._box.addWidget(self.message)
        shortcuts.changed.connect(self._show)

    def open(self) -> None:
        """Build the rows, once."""
        if self.rows:
            return
        for spec in TABLE:
            row = ShortcutRow(spec, self._shortcuts, self)
            row.wanted.connect(self._change)
            row.reset_wanted.connect(self._reset)
            self.rows[spec.do] = row
            self._box.addWidget(row)

    def filter(self, terms: tuple[str, ...]) -> bool:
        """Leave the rows that fit; False when none does."""
        has_any = False
        for row in self.rows.values():
            row.setVisible(row.fits(terms))
            has_any = has_any or row.fits(terms)
        return has_any

    @Slot(object, QKeySequence)
    def _change(self, do: Do, keys: QKeySequence) -> None:
        self._tell(do, self._shortcuts.change(do, keys))

    @Slot(object)
    def _reset(self, do: Do) -> None:
        self._tell(do, self._shortcuts.reset(do))

    def _tell(self, do: Do, complaint: str | None) -> None:
        self.message.setText(complaint or "")
        self.message.setVisible(bool(complaint))
        if complaint:
            row = self.rows[do]
            row.show_keys()
            # Beside the row that was refused, wherever the page is scrolled to.
            self._box.removeWidget(self.message)
            self._box.insertWidget(self._box.indexOf(row) + 1, self.message)

    @Slot()
    def _show(self) -> None:
        for row in self.rows.values():
            row.show_keys()
