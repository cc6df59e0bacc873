"""Render the icon set from its one SVG: `make icons`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).resolve().parents[1] / "resources" / "icons"
SIZES_PX = (16, 24, 32, 48, 64, 128, 256, 512)


def render(svg: Path, png: Path, size_px: int) -> None:
    """Draw `svg` into a square transparent PNG.

    Raises:
        ValueError: The SVG cannot be read, or the PNG cannot be written.
    """
    renderer = QSvgRenderer(str(svg))
    image = QImage(size_px, size_px, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, size_px, size_px))
    painter.end()
    if not renderer.isValid() or not image.save(str(png)):
        raise ValueError(f"{svg} cannot be rendered to {png}")


def main() -> int:
    """Write every size beside the SVG."""
    application = QGuiApplication.instance() or QGuiApplication(sys.argv[:1])
    for size_px in SIZES_PX:
        render(ICONS / "crosstalk.svg", ICONS / f"crosstalk-{size_px}.png", size_px)
    del application
    return 0


if __name__ == "__main__":
    sys.exit(main())
