"""The step of a first start that gets the models."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.ui.models.view import MissingModels
from app.ui.times import size_text


class ModelsStep(QWidget):
    """Says whether the models are here, and downloads what is missing."""

    def __init__(self, models: MissingModels, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models = models
        about = QLabel(
            self.tr(
                "Words and voices are recognised by models that run on this computer. They are "
                "downloaded once; nothing is ever sent anywhere."
            ),
            self,
        )
        about.setProperty("kind", "muted")
        about.setWordWrap(True)
        self.state = QLabel(self)
        self.state.setWordWrap(True)
        self.progress = QProgressBar(self)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.progress.setAccessibleDescription(self.tr("How much is done"))
        self.fetch = QPushButton(self.tr("Download"), self)
        self.fetch.setAccessibleName(self.tr("Download the models"))
        self.fetch.setToolTip(self.tr("Gets what is missing; recording works without it"))
        self.fetch.clicked.connect(models.fetch)
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        row.addWidget(self.fetch)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(about)
        box.addLayout(row)
        box.addWidget(self.progress)
        box.addStretch(1)
        models.changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        missing, share = self._models.missing, self._models.share
        self.progress.setVisible(share is not None)
        self.progress.setValue(round(1000 * (share or 0.0)))
        self.fetch.setVisible(bool(missing) and share is None)
        if share is not None:
            text = self.tr("Getting models…")
        elif missing is None:
            text = self.tr("Looking for models…")
        elif missing:
            text = self.tr("Models to download: %1 (%2)").replace("%1", str(len(missing)))
            text = text.replace("%2", size_text(self._models.size_bytes))
        else:
            text = self.tr("All models are here.")
        self.state.setText(text)
        self.state.setAccessibleName(text)
