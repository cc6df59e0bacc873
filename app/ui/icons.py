"""Icons from SVG files, in the colours of the theme."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_RENDER_SCALE = 3
"""Pixmaps are made for screens of up to three device pixels per pixel."""


class Icons:
    """Renders `folder/<name>.svg`, whose strokes are "currentColor", in any colour."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = lru_cache(maxsize=None)(self._read_file)

    def icon(self, name: str, colour: str, *, disabled_colour: str | None = None) -> QIcon:
        """An icon for buttons and menus.

        Args:
            name: File name without suffix.
            colour: "#RRGGBB".
            disabled_colour: None lets the style fade the colour.

        Raises:
            FileNotFoundError: There is no such icon.
        """
        made = QIcon(self.pixmap(name, colour, 24))
        if disabled_colour is not None:
            made.addPixmap(self.pixmap(name, disabled_colour, 24), QIcon.Mode.Disabled)
        return made

    def pixmap(self, name: str, colour: str, size_px: int) -> QPixmap:
        """One icon as a square pixmap of `size_px` logical pixels."""
        side = size_px * _RENDER_SCALE
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        svg = self._read(name).replace("currentColor", colour)
        painter = QPainter(pixmap)
        QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
        painter.end()
        pixmap.setDevicePixelRatio(_RENDER_SCALE)
        return pixmap

    def _read_file(self, name: str) -> str:
        return (self._folder / f"{name}.svg").read_text(encoding="utf-8")
