"""A number with a button for less and one for more."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)


class Stepper(QWidget):
    """Shows a whole number, or a number with one decimal."""

    changed = Signal(object)
    """The new value, of the type of the first one."""

    def __init__(
        self,
        name: str,
        value: float,
        *,
        minimum: float,
        maximum: float,
        step: float = 1,
        minimum_text: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.box: QSpinBox | QDoubleSpinBox
        if isinstance(value, int):
            whole = QSpinBox(self)
            whole.setRange(int(minimum), int(maximum))
            whole.setSingleStep(int(step))
            whole.setValue(value)
            self.box = whole
        else:
            decimal = QDoubleSpinBox(self)
            decimal.setDecimals(1)
            decimal.setRange(minimum, maximum)
            decimal.setSingleStep(step)
            decimal.setValue(value)
            self.box = decimal
        self.box.setSpecialValueText(minimum_text)
        self.box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.box.setAccessibleName(name)
        self.box.setAccessibleDescription(self.tr("Type a number, or press arrow up and down"))
        self.box.setKeyboardTracking(False)
        self.box.setMinimumWidth(64)
        self.box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.box.valueChanged.connect(lambda value: self.changed.emit(value))
        self.less = self._button(
            "\u2212", self.tr("%1: less").replace("%1", name), Qt.Key.Key_Down, self.box.stepDown
        )
        self.more = self._button(
            "+", self.tr("%1: more").replace("%1", name), Qt.Key.Key_Up, self.box.stepUp
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self.less, self.box, self.more):
            row.addWidget(widget)
        self.setFocusProxy(self.box)

    def setAccessibleDescription(self, text: str) -> None:  # noqa: N802
        """The number itself says what it is for."""
        super().setAccessibleDescription(text)
        self.box.setAccessibleDescription(text)

    def set_value(self, value: float) -> None:
        """Show a value without telling anybody."""
        self.box.blockSignals(True)
        if isinstance(self.box, QSpinBox):
            self.box.setValue(int(value))
        else:
            self.box.setValue(value)
        self.box.blockSignals(False)

    def _button(self, text: str, name: str, key: Qt.Key, pressed: object) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setProperty("kind", "step")
        button.setAccessibleName(name)
        keys = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(f"{name} ({keys})")
        button.setAutoRepeat(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys do the same in the number
        button.clicked.connect(pressed)
        return button
