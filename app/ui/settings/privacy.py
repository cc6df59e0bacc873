"""Where everything is kept, and how much room it takes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.lib.paths import Paths
from app.services.retention import Due
from app.ui.kit import Kit
from app.ui.sweeper import EVERY_H
from app.ui.times import size_text
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.fold import Fold


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder that Crosstalk keeps."""

    title: str
    path: Path


class PrivacyCard(QFrame):
    """Says what leaves this machine (nothing), where things are, and their size."""

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self.setProperty("kind", "card")
        heading = QLabel(self.tr("Files on this computer"), self)
        heading.setProperty("kind", "heading")
        heading.setWordWrap(True)
        promise = QLabel(
            self.tr(
                "Audio, text and voices stay on this computer. Crosstalk opens a network "
                "connection only when you ask for a model or for updates, and log files hold no "
                "words or names."
            ),
            self,
        )
        promise.setProperty("kind", "muted")
        promise.setWordWrap(True)
        self.places = self._places(kit.context.paths)
        self.sizes: dict[Path, QLabel] = {}
        rows = QVBoxLayout()
        rows.setSpacing(6)
        self._titles: list[QLabel] = []
        for place in self.places:
            title = QLabel(place.title, self)
            self._titles.append(title)
            path = ElidedLabel(str(place.path), self)
            path.setProperty("kind", "muted")
            size = QLabel("…", self)
            size.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
            size.setAccessibleName(self.tr("Size of %1").replace("%1", place.title))
            show = QToolButton(self)
            show.setText(self.tr("Show"))
            show.setProperty("kind", "flat")
            show.setAccessibleName(self.tr("Show folder: %1").replace("%1", place.title))
            show.setToolTip(str(place.path))
            show.clicked.connect(lambda _on=False, shown=place.path: open_folder(shown))
            where, ways = QHBoxLayout(), QHBoxLayout()
            for group, widgets in ((where, (title, path)), (ways, (size, show))):
                group.setSpacing(14)
                for widget in widgets:
                    group.addWidget(widget, 1 if widget in (path, size) else 0)
            rows.addWidget(Fold(where, ways, self, spacing_px=14))
            self.sizes[place.path] = size
        self.due = QLabel(self)
        self.due.setProperty("kind", "muted")
        self.due.setWordWrap(True)
        self.due.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 18, 24, 18)
        box.setSpacing(10)
        box.addWidget(heading)
        box.addWidget(promise)
        box.addLayout(rows)
        box.addWidget(self.due)
        kit.theme.changed.connect(self._line_up)
        self._line_up()

    @Slot()
    def _line_up(self) -> None:
        """Give all titles one width, and all sizes."""
        for labels, widest in (
            (self._titles, max(label.sizeHint().width() for label in self._titles)),
            (list(self.sizes.values()), self.fontMetrics().horizontalAdvance("888.8 MB")),
        ):
            for label in labels:
                label.setMinimumWidth(widest)

    @Slot()
    def refresh(self) -> None:
        """Measure again, in the background."""
        paths = [place.path for place in self.places]
        self._kit.tasks.run(lambda: {path: size_of(path) for path in paths}, self._show)
        self._kit.tasks.run(self._kit.context.retention.due, self._show_due, lambda _problem: None)

    def fits(self, terms: tuple[str, ...]) -> bool:
        """Whether the search means this card."""
        titles = " ".join(place.title for place in self.places)
        text = (
            f"{self.tr('Files on this computer')} {titles} folder size data network privacy".lower()
        )
        return all(term in text for term in terms)

    def _places(self, paths: Paths) -> tuple[Place, ...]:
        return (
            Place(self.tr("Recordings"), paths.recordings_dir),
            Place(self.tr("Transcripts"), paths.database),
            Place(self.tr("Models"), paths.models_dir),
            Place(self.tr("Settings"), paths.settings_file),
            Place(self.tr("Log files"), paths.logs_dir),
        )

    def _show_due(self, due: Due) -> None:
        text = self.tr(
            "The next sweep, within %1 hours, deletes %2 meetings and the audio of %3 (%4)."
        )
        values = (str(EVERY_H), str(len(due.meetings)), str(len(due.audio)))
        for mark, value in zip(("%1", "%2", "%3"), values, strict=True):
            text = text.replace(mark, value)
        self.due.setText(text.replace("%4", size_text(due.size_bytes)))
        self.due.setVisible(not due.is_empty)

    def _show(self, sizes: dict[Path, int]) -> None:
        for path, size in sizes.items():
            self.sizes[path].setText(size_text(size))


def size_of(path: Path) -> int:
    """Bytes of a file, or of everything below a folder; 0 for what is not there."""
    if path.is_file():
        return path.stat().st_size
    total = 0
    for folder, _folders, files in os.walk(path):
        for name in files:
            file = Path(folder, name)
            if file.is_file():
                total += file.stat().st_size
    return total


def open_folder(path: Path) -> None:
    """Show a folder, or the folder of a file, in the desktop's file manager."""
    folder = path if path.is_dir() else path.parent
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
