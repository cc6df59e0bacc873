"""One row of the settings page: what a setting is called, what it does, and its control."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QLocale, Qt, Signal, Slot
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.settings.schema import WINDOW_LANGUAGES, SettingField, Value
from app.ui.theme import LARGE_SCALE, Theme
from app.ui.times import unbroken
from app.ui.widgets.check import Check
from app.ui.widgets.choice import Choice, Segments
from app.ui.widgets.folder import FolderField
from app.ui.widgets.stepper import Stepper

CONTROL_WIDTH_PX = 260
_OWN_NAMES = {"en": "English", "de": "Deutsch", "es": "Español"}
"""What each language of the window calls itself."""
_STEPS = {"%": 10, "pt": 2}


class FieldRow(QWidget):
    """Label and help on one side, the control on the other."""

    changed = Signal(str, object)
    """Key path and new value."""

    def __init__(
        self, theme: Theme, entry: SettingField, value: Value, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.entry = entry
        option = entry.option
        self.label = QCoreApplication.translate("Settings", option.label)
        self.help = QCoreApplication.translate("Settings", option.help)
        name = QLabel(self.label, self)
        name.setWordWrap(True)
        about = QLabel(unbroken(self.help), self)
        about.setProperty("kind", "small")
        about.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(name)
        words.addWidget(about)
        self.control = self._control(theme, value)
        self.control.setAccessibleDescription(self.help)
        name.setBuddy(self.control)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 6, 0, 6)
        self._row.addLayout(words, 1)
        self._row.addWidget(self.control)
        self._theme = theme
        theme.changed.connect(self._arrange)
        self._arrange()

    def fits(self, terms: Sequence[str]) -> bool:
        """Whether every term (lower case) is in what the row says."""
        text = f"{self.entry.title} {self.label} {self.help} {self.entry.name}".lower()
        return all(term in text for term in terms)

    def offer(self, options: Sequence[tuple[str, str]]) -> None:
        """Fill a chooser with values and how they are shown; the value that holds stays."""
        chooser = self.control
        if not isinstance(chooser, Choice):
            return
        chosen = chooser.currentData()
        chooser.blockSignals(True)
        chooser.clear()
        known = [value for value, _text in options]
        for value, text in [*options, *([] if chosen in known else [(chosen, chosen)])]:
            chooser.addItem(text, value)
        chooser.setCurrentIndex(chooser.findData(chosen))
        chooser.blockSignals(False)

    def show_value(self, value: Value) -> None:
        """Show a value that changed elsewhere, without telling anybody."""
        control = self.control
        if isinstance(control, Segments):
            control.choose(str(value))
        elif isinstance(control, Choice):
            control.blockSignals(True)
            if control.findData(value) < 0:
                control.addItem(str(value), value)
            control.setCurrentIndex(control.findData(value))
            control.blockSignals(False)
        elif isinstance(control, FolderField):
            control.set_value(str(value))
        elif isinstance(control, Stepper) and not isinstance(value, str):
            control.set_value(value)

    # --- Inside ----------------------------------------------------------------------------

    @Slot()
    def _arrange(self) -> None:
        """Put the control below the words when these are large."""
        is_large = self._theme.scale >= LARGE_SCALE
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.TopToBottom if is_large else direction.LeftToRight)
        self._row.setSpacing(8 if is_large else 24)
        if isinstance(self.control, Segments):
            self.control.set_stacked(is_stacked=is_large and len(self.control.buttons) > 2)
        beside = Qt.AlignmentFlag.AlignLeading if is_large else Qt.AlignmentFlag.AlignVCenter
        self._row.setAlignment(self.control, beside)

    def _control(self, theme: Theme, value: Value) -> QWidget:
        option, path = self.entry.option, self.entry.path
        if isinstance(value, bool):
            check = Check(theme, "", self)
            check.setAccessibleName(self.label)
            check.setChecked(value)
            check.toggled.connect(lambda on: self.changed.emit(path, on))
            return check
        if isinstance(value, int | float):
            unit = "%" if "percent" in path else "pt" if path.endswith("_pt") else ""
            stepper = Stepper(
                self.label,
                value,
                minimum=option.minimum if option.minimum is not None else -1e9,
                maximum=option.maximum if option.maximum is not None else 1e9,
                step=_STEPS.get(unit, 1),
                minimum_text=QCoreApplication.translate("Settings", option.zero_text),
                parent=self,
            )
            stepper.changed.connect(lambda number: self.changed.emit(path, number))
            return stepper
        if option.choices:
            texts = [(c, choice_text(c), self.help) for c in option.choices]
            segments = Segments(self.label, texts, self)
            segments.choose(value)
            segments.chosen.connect(lambda chosen: self.changed.emit(path, chosen))
            return segments
        if option.suggestions:
            return self._chooser(theme, value, [(c, language_name(c)) for c in option.suggestions])
        if self.entry.section in ("capture", "models"):
            return self._chooser(theme, value, [(value, value)])
        if option.is_typeface:
            own = QCoreApplication.translate("Settings", "Like the window")
            return self._chooser(
                theme, value, [("", own), *((f, f) for f in QFontDatabase.families())]
            )
        if option.is_folder:
            folder = FolderField(self.label, value, self)
            folder.changed.connect(lambda chosen: self.changed.emit(path, chosen))
            return folder
        line = QLineEdit(value, self)
        line.setAccessibleName(self.label)
        line.setFixedWidth(CONTROL_WIDTH_PX)
        line.editingFinished.connect(lambda: self.changed.emit(path, line.text().strip()))
        return line

    def _chooser(self, theme: Theme, value: str, options: Sequence[tuple[str, str]]) -> Choice:
        """A chooser of values and how they are shown; `value` may be none of them."""
        chooser = Choice(theme, self.label, self)
        chooser.setFixedWidth(CONTROL_WIDTH_PX)
        for choice, text in options:
            chooser.addItem(text, choice)
        if chooser.findData(value) < 0:
            chooser.addItem(value, value)
        chooser.setCurrentIndex(chooser.findData(value))
        chooser.currentIndexChanged.connect(
            lambda _row: self.changed.emit(self.entry.path, chooser.currentData())
        )
        return chooser


def choice_text(choice: str) -> str:
    """A value of a choice as the page writes it: "system" as "System", "de" as "Deutsch"."""
    if choice in WINDOW_LANGUAGES:
        return _OWN_NAMES[choice]
    return QCoreApplication.translate("Settings", choice.capitalize())


def language_name(code: str) -> str:
    """A language's name in the user's language; "auto" says what it does."""
    if code == "auto":
        return QCoreApplication.translate("Settings", "Detect by itself")
    language = QLocale.codeToLanguage(code)
    if language is QLocale.Language.AnyLanguage:
        return code
    return f"{QLocale.languageToString(language)} ({code})"
