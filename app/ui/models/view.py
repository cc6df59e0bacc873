"""Tells when default models are missing, and fetches them when the user says so."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.errors import Severity
from app.domain.ports import ModelStatus
from app.ui.bridge import ProgressBridge
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.widgets.banner import Banner, BannerStack


class MissingModels(QObject):
    """Looks once at start, shows a banner, runs the download."""

    changed = Signal()
    """What is missing, or how far the download is."""

    def __init__(self, kit: Kit, banners: BannerStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._banners = banners
        self.missing: tuple[ModelStatus, ...] | None = None
        """None until somebody has looked."""
        self.share: float | None = None
        """How much of the download is done; None while there is none."""
        self.banner: Banner | None = None
        self._progress = ProgressBridge(self)
        self._progress.changed.connect(self._show_progress)

    def check(self) -> None:
        """Look for missing models in the background."""
        self._kit.tasks.run(self._kit.context.models.missing_defaults, self._offer)

    @property
    def size_bytes(self) -> int:
        """Of all that is missing."""
        return sum(status.size_bytes for status in self.missing or ())

    def _offer(self, missing: tuple[ModelStatus, ...]) -> None:
        self.missing = missing
        self.changed.emit()
        if not missing or self.share is not None:
            return
        text = self.tr("Captions need models that are not on this computer yet.")
        button = self.tr("Download (%1 MB)").replace("%1", str(round(self.size_bytes / 1e6)))
        self.banner = self._banners.show_text(
            text, severity=Severity.WARNING, button_text=button, pressed=self.fetch
        )
        self.banner.closed.connect(self._forget)

    @Slot()
    def fetch(self) -> None:
        """Download what is missing; harmless while that is going on."""
        if self.share is not None:
            return
        self.share = 0.0
        self.changed.emit()
        if self.banner is not None:
            self.banner.button.hide()
            self.banner.set_text(self.tr("Getting models…"))
            self.banner.progress.setRange(0, 1000)
            self.banner.progress.show()
        service, post = self._kit.context.models, self._progress.post
        self._kit.tasks.run_long(
            lambda cancel: service.fetch("default", post, cancel), self._fetched, self._failed
        )

    @Slot(str, float)
    def _show_progress(self, name: str, share: float) -> None:
        if self.share is None:
            return
        self.share = share
        self.changed.emit()
        if self.banner is not None:
            percent = f"{round(share * 100)} %"
            text = self.tr("Getting models: %1, %2")
            self.banner.set_text(text.replace("%1", name).replace("%2", percent))
            self.banner.progress.setValue(round(share * 1000))

    def _fetched(self, _status: ModelStatus) -> None:
        self._end()
        self._banners.show_text(self.tr("The models are here. Captions work from now on."))

    def _failed(self, problem: Problem) -> None:
        self._end()
        self._kit.show_problem(problem)

    def _end(self) -> None:
        self.share = None
        if self.banner is not None:
            self.banner.close_banner()
        self.check()

    def _forget(self) -> None:
        self.banner = None
