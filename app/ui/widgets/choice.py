"""Choosers: a combo box with a drawn arrow, and a row of exclusive buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QComboBox,
    QFrame,
    QListView,
    QRadioButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from app.ui.theme import Theme


class Choice(QComboBox):
    """A combo box that shortens long entries and draws its arrow in the theme's colour."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(name)
        self.setView(QListView(self))
        self.view().setAccessibleName(name)
        self.setMinimumContentsLength(12)
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.setSizeAdjustPolicy(policy)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the box, then the arrow."""
        box = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        box.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self)
        text = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, room.width() - 2
        )
        option.currentText = text
        box.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        box.end()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(self._theme.tokens.muted), 1.8)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        is_mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        x = 16.0 if is_mirrored else self.width() - 16.0
        y = self.height() / 2
        painter.drawPolyline(
            QPolygonF([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)])
        )


class Segments(QFrame):
    """A few alternatives side by side, one of them chosen."""

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        options: Sequence[tuple[str, str, str]],
        parent: QWidget | None = None,
    ) -> None:
        """Make one button per option.

        Args:
            options: Id, text and tip of each.
        """
        super().__init__(parent)
        self.setProperty("kind", "segments")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._row = row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(2)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QRadioButton] = {}
        for option_id, text, tip in options:
            button = _Segment(text, self)
            button.setProperty("kind", "segment")
            button.setAccessibleName(f"{name}: {text}")
            button.setToolTip(tip)
            button.clicked.connect(lambda _on, chosen=option_id: self.chosen.emit(chosen))
            self._group.addButton(button)
            self._buttons[option_id] = button
            row.addWidget(button)
        self._group.buttonToggled.connect(lambda _button, _is_on: self._let_tab_in())
        self._let_tab_in()

    @property
    def buttons(self) -> tuple[QRadioButton, ...]:
        """One per option, in order."""
        return tuple(self._buttons.values())

    def set_stacked(self, *, is_stacked: bool) -> None:
        """Put the alternatives below each other, for text that is large."""
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.TopToBottom if is_stacked else direction.LeftToRight)

    def _let_tab_in(self) -> None:
        """Tab stops at the chosen one, or at the first; arrow keys go to the others."""
        stop = self._group.checkedButton() or self.buttons[0]
        for button in self.buttons:
            policy = Qt.FocusPolicy.StrongFocus if button is stop else Qt.FocusPolicy.ClickFocus
            button.setFocusPolicy(policy)

    def choose(self, option_id: str) -> None:
        """Select without telling anybody."""
        self._buttons[option_id].setChecked(True)

    @property
    def current(self) -> str | None:
        """The id of the chosen option."""
        return next((o for o, button in self._buttons.items() if button.isChecked()), None)


class _Segment(QRadioButton):
    """Looks like a button, and is to a screen reader what it is: one of a few alternatives."""

    def hitButton(self, position: object) -> bool:  # noqa: N802
        """All of it can be pressed, not only its text."""
        return True
