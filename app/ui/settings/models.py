"""The models on this machine: what each is, whether it fits, check, download, import."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.ports import ModelStatus
from app.ui.bridge import ProgressBridge
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.tasks import Task
from app.ui.times import facts, size_text, unbroken
from app.ui.widgets.fold import Fold

MISSING, DAMAGED = "missing", "damaged"


ROLES = {
    "asr": QT_TRANSLATE_NOOP("Models", "writes words"),
    "vad": QT_TRANSLATE_NOOP("Models", "finds speech"),
    "segmentation": QT_TRANSLATE_NOOP("Models", "finds who talks when"),
    "embedding": QT_TRANSLATE_NOOP("Models", "tells voices apart"),
    "separation": QT_TRANSLATE_NOOP("Models", "separates voices"),
}
"""What a model is for, in plain words."""


class ModelRow(QWidget):
    """One model."""

    fetch_wanted = Signal(str)
    stop_wanted = Signal()
    pause_wanted = Signal(bool)

    def __init__(self, status: ModelStatus, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.status = status
        title = QLabel(status.title, self)
        title.setWordWrap(True)
        details = QLabel(unbroken(self._about(status)), self)
        details.setProperty("kind", "small")
        details.setWordWrap(True)
        self.state = QLabel(self._state(status), self)
        is_fine = status.state == "ok" and status.fits_this_machine
        self.state.setProperty("kind", "badge-quiet" if is_fine else "badge")
        self.progress = QProgressBar(self)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Download of %1").replace("%1", status.title))
        self.progress.setAccessibleDescription(self.tr("Share that has arrived"))
        self.progress.hide()
        self.fetch = QPushButton(self.tr("Download"), self)
        name = self.tr("Download %1").replace("%1", status.title)
        self.fetch.setAccessibleName(name)
        self.fetch.setToolTip(name)
        self.fetch.setVisible(status.state in (MISSING, DAMAGED))
        self.fetch.clicked.connect(lambda: self.fetch_wanted.emit(status.model_id))
        self.stop = QPushButton(self.tr("Stop"), self)
        name = self.tr("Stop the download of %1").replace("%1", status.title)
        self.stop.setAccessibleName(name)
        self.stop.setToolTip(name)
        self.stop.hide()
        self.stop.clicked.connect(self._stop)
        self.pause = QPushButton(self.tr("Pause"), self)
        self.pause.setCheckable(True)
        self.pause.hide()
        self.pause.toggled.connect(self._pause)
        self._name_pause()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        words.addWidget(details)
        words.addWidget(self.progress)
        about = QHBoxLayout()
        about.addLayout(words, 1)
        can_do = QHBoxLayout()
        can_do.setSpacing(12)
        for part in (self.state, self.fetch, self.pause, self.stop):
            can_do.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        row = QVBoxLayout(self)
        row.setContentsMargins(0, 6, 0, 6)
        row.addWidget(Fold(about, can_do, self, spacing_px=12))

    @property
    def text(self) -> str:
        """What the search looks at, lower case."""
        status = self.status
        names = (status.title, status.model_id, status.role, status.licence, self._about(status))
        return " ".join(names).lower()

    def show_progress(self, share: float) -> None:
        """Show how much of the download is done."""
        self.fetch.hide()
        self.pause.show()
        self.stop.show()
        self.progress.show()
        self.progress.setValue(round(share * 1000))

    @Slot()
    def _stop(self) -> None:
        self.stop.setEnabled(False)
        self.pause.setEnabled(False)
        self.stop_wanted.emit()

    @Slot(bool)
    def _pause(self, is_paused: bool) -> None:
        self._name_pause()
        self.pause_wanted.emit(is_paused)

    def _name_pause(self) -> None:
        is_paused = self.pause.isChecked()
        self.pause.setText(self.tr("Go on") if is_paused else self.tr("Pause"))
        name = (
            self.tr("Go on with the download of %1")
            if is_paused
            else self.tr("Pause the download of %1")
        ).replace("%1", self.status.title)
        self.pause.setAccessibleName(name)
        self.pause.setToolTip(name)

    def _about(self, status: ModelStatus) -> str:
        is_many = "*" in status.languages or len(status.languages) > 4
        languages = self.tr("many languages") if is_many else ", ".join(status.languages)
        role = str(ROLES.get(status.role, status.role))
        parts = [
            QCoreApplication.translate("Models", role),
            languages,
            size_text(status.size_bytes),
        ]
        parts.append(self.tr("%1 MB of memory").replace("%1", str(status.memory_mb)))
        parts.append(status.licence)
        return facts(parts, "  ·  ")

    def _state(self, status: ModelStatus) -> str:
        if status.state == MISSING:
            return self.tr("not here")
        if status.state == DAMAGED:
            return self.tr("damaged: download it again")
        if not status.fits_this_machine:
            return self.tr("too big for this machine")
        return self.tr("ready")


class ModelsCard(QFrame):
    """All models of the manifest."""

    listed = Signal(tuple)
    """Every `ModelStatus`, after each look."""

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self.setProperty("kind", "card")
        self.rows: list[ModelRow] = []
        self._running: str | None = None
        self._download: Task | None = None
        self._pause = threading.Event()
        self._progress = ProgressBridge(self)
        self._progress.changed.connect(self._show_progress)
        heading = QLabel(self.tr("Models on this machine"), self)
        heading.setProperty("kind", "heading")
        heading.setWordWrap(True)
        self.message = QLabel(self)
        self.message.setProperty("kind", "muted")
        self.message.setWordWrap(True)
        self.message.hide()
        self.verify = QPushButton(self.tr("Check all files"), self)
        self.verify.setAccessibleName(self.verify.text())
        self.verify.setToolTip(self.tr("Compare every file of every model with its sum"))
        self.verify.clicked.connect(self.check_all)
        self.add = QPushButton(self.tr("Import folder…"), self)
        self.add.setAccessibleName(self.tr("Import models from a folder"))
        self.add.setToolTip(self.tr("Take models from a folder or a USB stick, without network"))
        self.add.clicked.connect(self._choose_folder)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.message, 1)
        first.addStretch(0)
        first.addWidget(self.verify)
        second.addWidget(self.add, 1)
        self._box = QVBoxLayout()
        self._box.setSpacing(2)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 18, 24, 18)
        outer.addWidget(heading)
        outer.addLayout(self._box)
        outer.addSpacing(8)
        outer.addWidget(Fold(first, second, self))

    @Slot()
    def refresh(self) -> None:
        """Look again, without hashing."""
        self._kit.tasks.run(self._kit.context.models.list, self._show)

    @Slot()
    def check_all(self) -> None:
        """Check the sums of all files that are here."""
        self._work(self.tr("Checking every file…"))
        models = self._kit.context.models
        self._kit.tasks.run_long(lambda _cancel: models.verify(None), self._checked, self._failed)

    def fetch(self, model_id: str) -> None:
        """Download one model."""
        self._work(self.tr("Downloading…"))
        self._running = model_id
        models, post, pause = self._kit.context.models, self._progress.post, self._pause
        pause.clear()
        self._download = self._kit.tasks.run_long(
            lambda cancel: models.fetch(model_id, post, cancel, pause),
            self._fetched,
            self._failed,
            self._ended,
        )

    @Slot()
    def stop(self) -> None:
        """End the download that runs; the models stay as they were."""
        if self._download is not None:
            self._download.cancel()

    @Slot(bool)
    def pause(self, is_paused: bool) -> None:
        """Let the download that runs stand still, or go on."""
        if is_paused:
            self._pause.set()
            self._say(self.tr("The download is paused."))
        else:
            self._pause.clear()
            self._say(self.tr("Downloading…"))

    def import_folder(self, folder: Path) -> None:
        """Take what a folder holds."""
        self._work(self.tr("Looking through the folder…"))
        models = self._kit.context.models
        self._kit.tasks.run_long(
            lambda _cancel: models.import_folder(folder), self._imported, self._failed
        )

    def filter(self, terms: tuple[str, ...]) -> bool:
        """Show the rows that fit; returns whether any does."""
        heading = self.tr("Models on this machine").lower()
        is_all = all(term in heading for term in terms)
        for row in self.rows:
            row.setVisible(is_all or all(term in row.text for term in terms))
        return is_all or any(not row.isHidden() for row in self.rows)

    # --- What comes back -------------------------------------------------------------------

    def _show(self, statuses: tuple[ModelStatus, ...]) -> None:
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = []
        for status in statuses:
            row = ModelRow(status, self)
            row.fetch_wanted.connect(self.fetch)
            row.stop_wanted.connect(self.stop)
            row.pause_wanted.connect(self.pause)
            self._box.addWidget(row)
            self.rows.append(row)
        self.listed.emit(statuses)

    def _checked(self, statuses: tuple[ModelStatus, ...]) -> None:
        bad = [status.title for status in statuses if status.state == DAMAGED]
        if bad:
            self._say(self.tr("Damaged: %1. Download again.").replace("%1", ", ".join(bad)))
        else:
            self._say(self.tr("Every file is as it should be."))
        newest = {status.model_id: status for status in statuses}
        self._show(tuple(newest.get(row.status.model_id, row.status) for row in self.rows))

    def _fetched(self, status: ModelStatus) -> None:
        self._running = None
        self._say(self.tr("%1 is here.").replace("%1", status.title))
        self.refresh()

    def _imported(self, statuses: tuple[ModelStatus, ...]) -> None:
        titles = ", ".join(status.title for status in statuses)
        self._say(self.tr("Imported: %1.").replace("%1", titles))
        self.refresh()

    def _failed(self, problem: Problem) -> None:
        self._running = None
        self._say(problem.text)
        self.refresh()

    def _ended(self) -> None:
        self._download = None
        if self._running is not None:
            self._running = None
            self._say(self.tr("The download is stopped; nothing was changed."))
            self.refresh()

    @Slot(str, float)
    def _show_progress(self, _name: str, share: float) -> None:
        for row in self.rows:
            if row.status.model_id == self._running:
                row.show_progress(share)

    def _work(self, text: str) -> None:
        self._say(text)
        for button in (self.verify, self.add, *(row.fetch for row in self.rows)):
            button.setEnabled(False)

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self.message.setVisible(bool(text))
        for button in (self.verify, self.add, *(row.fetch for row in self.rows)):
            button.setEnabled(True)

    @Slot()
    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder with models"))
        if folder:
            self.import_folder(Path(folder))
