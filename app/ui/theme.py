"""The look: follows the system's light or dark, or the user's choice."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

import shiboken6
from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication

from app.services.context import AppContext
from app.ui.stylesheet import stylesheet
from app.ui.tokens import DARK, LIGHT, Tokens, mix

ICON_GROWTH = 0.7
"""Icons grow a little less than text: their lines stay fine."""
LARGE_SCALE = 1.4
"""From this size of text on, what stands side by side stands below each other."""
COMPACT = "compact"
COMPACT_AIR = 0.6
"""Of the room between lines that a compact window leaves."""


class ThemeMode(StrEnum):
    """Which theme the user wants."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Theme(QObject):
    """Owns palette, style sheet and font of the application; painted widgets read `tokens`."""

    changed = Signal()

    def __init__(
        self,
        application: QApplication,
        mode: ThemeMode = ThemeMode.SYSTEM,
        text_percent: int = 100,
        density: str = "comfortable",
    ) -> None:
        super().__init__()
        self._application = application
        self._mode = mode
        self._text_percent = text_percent
        self._density = density
        self._tokens = LIGHT
        if not application.styleSheet():
            application.setStyle("Fusion")
        self._font = _system_font(application.font())
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply()

    @property
    def tokens(self) -> Tokens:
        """The colours shown now."""
        return self._tokens

    @property
    def mode(self) -> ThemeMode:
        """What the user chose."""
        return self._mode

    @property
    def text_percent(self) -> int:
        """The size of text; 100 is the system's own."""
        return self._text_percent

    @property
    def scale(self) -> float:
        """What measures that hold text are multiplied with."""
        return self._text_percent / 100

    @property
    def air(self) -> float:
        """What the room between lines and around texts is multiplied with."""
        return COMPACT_AIR if self._density == COMPACT else 1.0

    def set_density(self, density: str) -> None:
        """Choose how close things stand, and show it at once."""
        if density != self._density:
            self._density = density
            self._apply()
            QTimer.singleShot(0, self._lay_out)

    def set_text_percent(self, percent: int) -> None:
        """Choose a size of text and show it at once."""
        if percent != self._text_percent:
            self._text_percent = percent
            self._apply()
            # A style sheet changes sizes, once it is polished in, without telling the layouts.
            QTimer.singleShot(0, self._lay_out)

    def set_mode(self, mode: ThemeMode) -> None:
        """Choose a theme and show it at once."""
        self._mode = mode
        self._apply()

    def fit_icon(self, button: QAbstractButton, size_px: int) -> None:
        """Give a button an icon of `size_px` at 100 %, larger where text is."""

        def fit() -> None:
            if shiboken6.isValid(button):
                side = round(size_px * (1 + (self.scale - 1) * ICON_GROWTH))
                button.setIconSize(QSize(side, side))

        self.changed.connect(fit)
        fit()

    @Slot()
    def _lay_out(self) -> None:
        for widget in self._application.allWidgets():
            widget.updateGeometry()

    @Slot()
    def _follow_system(self) -> None:
        if self._mode is ThemeMode.SYSTEM:
            self._apply()

    def _apply(self) -> None:
        self._tokens = tokens_for(self._mode, QGuiApplication.styleHints().colorScheme())
        font = QFont(self._font)
        font.setPointSizeF(self._font.pointSizeF() * self.scale)
        rules = stylesheet(self._tokens, self.scale, self.air)
        # Each of the three visits every widget there is, also where it sets what is set already.
        if self._application.palette() != (colours := palette(self._tokens)):
            self._application.setPalette(colours)
        if self._application.font() != font:
            self._application.setFont(font)
        if self._application.styleSheet() != rules:
            self._application.setStyleSheet(rules)
        self.changed.emit()


def tokens_for(mode: ThemeMode, system: Qt.ColorScheme) -> Tokens:
    """What to show when the user chose `mode` and the system says `system`."""
    is_system_dark = mode is ThemeMode.SYSTEM and system is Qt.ColorScheme.Dark
    return DARK if mode is ThemeMode.DARK or is_system_dark else LIGHT


def remembered_theme(context: AppContext) -> ThemeMode:
    """The theme of the settings."""
    return ThemeMode(context.settings.window.theme)


def remember_theme(context: AppContext, mode: ThemeMode) -> None:
    """Store the choice in the settings; blocks on the disk.

    Raises:
        KnownError: The settings cannot be written.
    """
    settings = context.settings
    window = replace(settings.window, theme=mode.value)
    context.save_settings(replace(settings, window=window))


def palette(tokens: Tokens) -> QPalette:
    """The colours of `tokens` for everything that no style sheet rule reaches."""
    made = QPalette()
    role = QPalette.ColorRole
    for target, colour in (
        (role.Window, tokens.window),
        (role.Base, tokens.surface),
        (role.AlternateBase, tokens.sidebar),
        (role.Button, tokens.surface),
        (role.ToolTipBase, tokens.raised),
        (role.WindowText, tokens.text),
        (role.Text, tokens.text),
        (role.ButtonText, tokens.text),
        (role.ToolTipText, tokens.text),
        (role.PlaceholderText, tokens.muted),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.on_accent),
        (role.Link, tokens.accent),
        (role.Mid, tokens.line),
        (role.Accent, tokens.accent),
    ):
        made.setColor(target, QColor(colour))
    faded = QColor(mix(tokens.muted, tokens.surface, 0.6))
    for target in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, target, faded)
    return made


def _system_font(system: QFont) -> QFont:
    """The system's own font, with Inter and Noto behind it, 10.5 pt at least."""
    font = QFont(system)
    families = [name for name in system.families() if name.lower() not in {"sans", "sans serif"}]
    families += ["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans"]
    font.setFamilies(list(dict.fromkeys(families)))
    font.setPointSizeF(max(system.pointSizeF(), 10.5))
    return font
