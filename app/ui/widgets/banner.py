"""Calm inline messages: one sentence, at most one button, a cross to close."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import Severity
from app.ui.icons import Icons
from app.ui.theme import Theme

MAX_BANNERS = 3

_ICONS = {Severity.WARNING: "warning", Severity.ERROR: "warning", Severity.FATAL: "warning"}


class Banner(QFrame):
    """One message above a page.

    `severity` None is plain information.
    """

    closed = Signal()

    def __init__(
        self,
        theme: Theme,
        icons: Icons,
        text: str,
        *,
        severity: Severity | None = None,
        button_text: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._icons, self._severity = theme, icons, severity
        self.setProperty("kind", "banner")
        name = (
            "info" if severity is None else "warning" if severity is Severity.WARNING else "error"
        )
        self.setProperty("severity", name)
        self.symbol = QLabel(self)
        self.symbol.setFixedWidth(22)
        self.label = QLabel(text, self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setAccessibleName(text)
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.button = QPushButton(button_text, self)
        self.button.setAccessibleName(button_text)
        self.button.setAccessibleDescription(text)
        self.button.setVisible(bool(button_text))
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress"))
        self.progress.setAccessibleDescription(self.tr("How much is done"))
        self.progress.hide()
        self.cross = QToolButton(self)
        self.cross.setProperty("kind", "flat")
        self.cross.setAccessibleName(self.tr("Close message"))
        self.cross.setToolTip(self.tr("Close message"))
        self.cross.clicked.connect(self.close_banner)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.symbol, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.label, 1)
        row.addWidget(self.button)
        row.addWidget(self.cross)
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 9, 8, 9)
        box.addLayout(row)
        box.addWidget(self.progress)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self.label.text()

    def set_text(self, text: str) -> None:
        """Say something else."""
        self.label.setText(text)
        self.label.setAccessibleName(text)

    @Slot()
    def close_banner(self) -> None:
        """Take the banner away."""
        self.hide()
        self.closed.emit()
        self.deleteLater()

    @Slot()
    def _dress(self) -> None:
        tokens = self._theme.tokens
        colour = {None: tokens.accent, Severity.WARNING: tokens.warning}.get(
            self._severity, tokens.error
        )
        icon = _ICONS.get(self._severity, "info") if self._severity else "info"
        self.symbol.setPixmap(self._icons.pixmap(icon, colour, 20))
        self.cross.setIcon(self._icons.icon("close", tokens.muted))


class BannerStack(QWidget):
    """Up to three banners; the same sentence is shown once."""

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._icons = theme, icons
        self._banners: list[Banner] = []
        self._close_action: QAction | None = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(20, 12, 20, 0)
        self._box.setSpacing(8)
        self.hide()

    def close_with(self, action: QAction) -> None:
        """Let an action take the newest banner away; the crosses show its keys."""
        self._close_action = action
        action.triggered.connect(self._close_newest)
        action.changed.connect(self._tell_keys)

    @property
    def texts(self) -> tuple[str, ...]:
        """The sentences shown, top to bottom."""
        return tuple(banner.text for banner in self._banners)

    def show_text(
        self,
        text: str,
        *,
        severity: Severity | None = None,
        button_text: str = "",
        pressed: Callable[[], None] | None = None,
    ) -> Banner:
        """Show a sentence, or return the banner that shows it already."""
        for known in self._banners:
            if known.text == text:
                return known
        banner = Banner(
            self._theme, self._icons, text, severity=severity, button_text=button_text, parent=self
        )
        if pressed is not None:
            banner.button.clicked.connect(lambda: pressed())
        self._banners.append(banner)
        self._tell_keys()
        self._box.addWidget(banner)
        banner.closed.connect(lambda: self._forget(banner))
        while len(self._banners) > MAX_BANNERS:
            self._banners[0].close_banner()
        self.show()
        return banner

    @Slot(str)
    def close_text(self, text: str) -> None:
        """Take a sentence away, if it is still shown."""
        for banner in [known for known in self._banners if known.text == text]:
            banner.close_banner()

    def clear(self) -> None:
        """Take all banners away."""
        for banner in list(self._banners):
            banner.close_banner()

    @Slot()
    def _close_newest(self) -> None:
        if self._banners:
            self._banners[-1].close_banner()

    @Slot()
    def _tell_keys(self) -> None:
        if self._close_action is not None:
            for banner in self._banners:
                banner.cross.setToolTip(self._close_action.toolTip())

    def _forget(self, banner: Banner) -> None:
        if banner in self._banners:
            self._banners.remove(banner)
        self.setVisible(bool(self._banners))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Keep the height in step with fonts."""
        super().changeEvent(event)
        self.updateGeometry()
