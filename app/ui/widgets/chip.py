"""A person as a round avatar with initials, and as a chip that can be pressed."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.ui.theme import Theme
from app.ui.tokens import Tokens

CHIP_PX = 30
_AVATAR_PX = 22
_MAX_NAME_PX = 190


def paint_avatar(
    painter: QPainter,
    box: QRectF,
    initials: str,
    colour: str,
    tokens: Tokens,
    *,
    is_solid: bool = False,
) -> None:
    """Paint initials in a circle; colour never stands alone for a person.

    Args:
        is_solid: Full colour behind light letters, for tinted backgrounds.
    """
    fill = colour if is_solid else tokens.avatar(colour)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(fill))
    painter.drawEllipse(box)
    font = QFont(painter.font())
    font.setPixelSize(max(8, round(box.height() * (0.44 if len(initials) < 2 else 0.37))))
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor(tokens.surface if is_solid else colour))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, initials)


def chip_height(metrics: QFontMetrics) -> int:
    """The height of a chip in its font, in pixels."""
    return max(CHIP_PX, metrics.height() + 10)


class SpeakerChip(QAbstractButton):
    """Avatar, name and, if known, a share of the talk; pressed, it offers what can be done."""

    def __init__(
        self,
        theme: Theme,
        *,
        name: str,
        initials: str,
        colour_index: int | None,
        detail: str = "",
        hint: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._initials = initials
        self._colour_index = colour_index
        self._detail = detail
        self._is_target = False
        self.setText(name)
        self.setAccessibleName(name)
        what = self.tr("Voice in this meeting. Press to name it.")
        self.setAccessibleDescription(f"{what} {hint}".strip())
        self.setToolTip(f"{name}  {detail}".strip() + (f"\n{hint}" if hint else ""))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self.update)

    @property
    def is_target(self) -> bool:
        """Whether what is dragged would be dropped here."""
        return self._is_target

    def set_target(self, *, is_target: bool) -> None:
        """Show that what is dragged would be dropped here, or no longer."""
        if is_target != self._is_target:
            self._is_target = is_target
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Wide enough for the name, up to a limit."""
        metrics = QFontMetrics(self.font())
        name = min(metrics.horizontalAdvance(self.text()), _MAX_NAME_PX)
        detail = metrics.horizontalAdvance(self._detail) + 6 if self._detail else 0
        return QSize(_AVATAR_PX + name + detail + 24, chip_height(metrics))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The same: a layout that is too narrow leaves chips out instead of squeezing them."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the chip."""
        tokens = self._theme.tokens
        colour = tokens.speaker(self._colour_index)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self._is_target:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(QColor(tokens.accent_soft))
        else:
            painter.setPen(QColor(tokens.accent if self.hasFocus() else tokens.line))
            painter.setBrush(QColor(tokens.hover if self.underMouse() else tokens.surface))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        is_mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        avatar_x = self.width() - _AVATAR_PX - 4 if is_mirrored else 4
        avatar = QRectF(avatar_x, (self.height() - _AVATAR_PX) / 2, _AVATAR_PX, _AVATAR_PX)
        paint_avatar(painter, avatar, self._initials, colour, tokens)
        painter.setFont(self.font())
        metrics = QFontMetrics(self.font())
        detail = metrics.horizontalAdvance(self._detail) + 6 if self._detail else 0
        room = self.width() - _AVATAR_PX - 20 - detail
        name = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        left = self.width() - _AVATAR_PX - 14 - room if is_mirrored else _AVATAR_PX + 10
        text = QRectF(left, 0, room + 4, self.height())
        absolute = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute
        near = Qt.AlignmentFlag.AlignRight if is_mirrored else Qt.AlignmentFlag.AlignLeft
        painter.setPen(QColor(tokens.text))
        painter.drawText(text, absolute | near, name)
        if self._detail:
            painter.setPen(QColor(tokens.muted))
            edge = QRectF(10, 0, self.width() - 20, self.height())
            far = Qt.AlignmentFlag.AlignLeft if is_mirrored else Qt.AlignmentFlag.AlignRight
            painter.drawText(edge, absolute | far, self._detail)
