"""A list of terms to type: counts them, and says which lines are none."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QLocale, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from app.domain.vocabulary import MAX_TERMS, BadEntry, Vocabulary, parse_vocabulary
from app.ui.theme import Theme

LOOK_DELAY_MS = 300
"""A line is judged when the keys rest, not while it is typed."""
MAX_TOLD = 3
COMPLAINTS = (
    QT_TRANSLATE_NOOP("Vocabulary", "it stands in line {number} already"),
    QT_TRANSLATE_NOOP("Vocabulary", "a list holds {number} terms, and it is full"),
    QT_TRANSLATE_NOOP("Vocabulary", "more than {number} readings"),
    QT_TRANSLATE_NOOP("Vocabulary", "it holds characters that cannot be seen"),
    QT_TRANSLATE_NOOP("Vocabulary", "it has no letter"),
    QT_TRANSLATE_NOOP("Vocabulary", "longer than {number} characters"),
    QT_TRANSLATE_NOOP("Vocabulary", "more than {number} words"),
)
"""What the domain says about a bad line."""


class TermsField(QWidget):
    """One term a line; bad lines are marked and told below the field."""

    settled = Signal(str)
    """The text, when the keys have rested."""

    def __init__(self, theme: Theme, name: str, lines: int, parent: QWidget | None = None) -> None:
        """Make an empty field.

        Args:
            name: For screen readers.
            lines: Of text that can be seen at once.
        """
        super().__init__(parent)
        self._theme = theme
        self._lines = lines
        self.edit = QPlainTextEdit(self)
        self.edit.setTabChangesFocus(True)
        self.edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.edit.setAccessibleName(name)
        self.edit.setAccessibleDescription(
            self.tr("One term a line; what it sounds like may follow a colon")
        )
        self.edit.setPlaceholderText(
            self.tr("Kubernetes\nSiobhan Kavanagh: shivaun kavanah, shove on kavanah")
        )
        self.count = QLabel(self)
        self.count.setProperty("kind", "small")
        self.complaint = QLabel(self)
        self.complaint.setProperty("kind", "warning")
        self.complaint.setWordWrap(True)
        self.complaint.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addWidget(self.edit)
        box.addWidget(self.count)
        box.addWidget(self.complaint)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LOOK_DELAY_MS)
        self._timer.timeout.connect(self.settle)
        self.edit.textChanged.connect(self._timer.start)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def text(self) -> str:
        """The list as it is written now."""
        return self.edit.toPlainText()

    @property
    def vocabulary(self) -> Vocabulary:
        """What the list means now."""
        return parse_vocabulary(self.text)

    def set_text(self, text: str) -> None:
        """Show another list, without telling anybody."""
        if text != self.text:
            self.edit.blockSignals(True)
            self.edit.setPlainText(text)
            self.edit.blockSignals(False)
        self._timer.stop()
        self._judge()

    @Slot()
    def settle(self) -> None:
        """Judge the lines and tell the text at once."""
        self._timer.stop()
        self._judge()
        self.settled.emit(self.text)

    @property
    def is_settled(self) -> bool:
        """Whether everything that was typed has been told."""
        return not self._timer.isActive()

    # --- Inside ----------------------------------------------------------------------------

    def _judge(self) -> None:
        vocabulary = self.vocabulary
        text = self.tr("%1 of %2 terms").replace("%1", QLocale().toString(len(vocabulary.terms)))
        self.count.setText(text.replace("%2", QLocale().toString(MAX_TERMS)))
        sentence = told(vocabulary.bad)
        self.complaint.setText(sentence)
        self.complaint.setAccessibleName(sentence)
        self.complaint.setVisible(bool(sentence))
        self.edit.setExtraSelections([self._mark(entry) for entry in vocabulary.bad])

    def _mark(self, entry: BadEntry) -> QTextEdit.ExtraSelection:
        look = QTextCharFormat()
        look.setBackground(QColor(self._theme.tokens.warning_soft))
        look.setProperty(QTextFormat.Property.FullWidthSelection, True)
        selection = QTextEdit.ExtraSelection()
        block = self.edit.document().findBlockByNumber(entry.line - 1)
        selection.cursor = QTextCursor(block)
        selection.format = look
        return selection

    @Slot()
    def _dress(self) -> None:
        line_px = self.edit.fontMetrics().lineSpacing()
        self.edit.setFixedHeight(line_px * self._lines + 26)
        self._judge()


def told(bad: tuple[BadEntry, ...]) -> str:
    """A sentence about lines that are left out; "" when there are none."""
    if not bad:
        return ""
    line = QCoreApplication.translate("Vocabulary", "line %1 “%2”: %3")
    parts = [
        line.replace("%1", str(entry.line))
        .replace("%3", reason_of(entry))
        .replace("%2", entry.text)
        for entry in bad[:MAX_TOLD]
    ]
    if len(bad) > MAX_TOLD:
        more = QCoreApplication.translate("Vocabulary", "and %1 more")
        parts.append(more.replace("%1", str(len(bad) - MAX_TOLD)))
    sentence = QCoreApplication.translate("Vocabulary", "Left out: %1.")
    return sentence.replace("%1", "; ".join(parts))


def reason_of(entry: BadEntry) -> str:
    """Why a line is left out, in the language of the window."""
    number = "" if entry.number is None else QLocale().toString(entry.number)
    return QCoreApplication.translate("Vocabulary", entry.complaint).replace("{number}", number)
