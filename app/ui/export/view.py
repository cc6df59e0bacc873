"""The export dialog: format, options, a look at the result, where to."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PySide6.QtCore import (
    QT_TRANSLATE_NOOP,
    QCoreApplication,
    QStandardPaths,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.ids import MeetingId
from app.domain.meeting import Meeting
from app.domain.ports import ExporterInfo, ExportOptions
from app.services.exporting import ExportingService
from app.ui.errors import Problem
from app.ui.export.pdf import document_of, write_pdf
from app.ui.export.people import PeopleField
from app.ui.export.range import RangeFields
from app.ui.kit import Kit
from app.ui.tab_order import move_focus
from app.ui.widgets.check import Check

PREVIEW_CHARS = 2_500
PREFERRED_FORMAT = "md"
_BINARY_SUFFIXES = {".docx", ".pdf"}
_PDF = ExporterInfo(
    format_id="pdf", title=str(QT_TRANSLATE_NOOP("Formats", "PDF document")), suffix=".pdf"
)
"""Pages need fonts and a layout engine, which only the window has."""


class ExportDialog(QDialog):
    """Writes one file; `exported` carries its path."""

    exported = Signal(object)

    _last_format = PREFERRED_FORMAT
    _last_folder: Path | None = None

    def __init__(
        self,
        kit: Kit,
        meeting_id: MeetingId,
        title: str,
        parent: QWidget | None = None,
        *,
        meeting: Meeting | None = None,
    ) -> None:
        super().__init__(parent)
        self._kit = kit
        self._meeting_id = meeting_id
        self._title = title
        self._meeting = meeting
        self._generation = 0
        self.setWindowTitle(self.tr("Export transcript"))
        self.setModal(True)
        self.resize(820, 540)
        self._build()
        self._fill()

    # --- Building --------------------------------------------------------------------------

    def _build(self) -> None:
        heading = QLabel(self.tr("Export transcript"), self)
        heading.setProperty("kind", "title")
        about = QLabel(self._title, self)
        about.setProperty("kind", "muted")
        about.setTextFormat(Qt.TextFormat.PlainText)
        about.setWordWrap(True)
        self.formats = QListWidget(self)
        self.formats.setProperty("kind", "options")
        self.formats.setAccessibleName(self.tr("Format"))
        self.formats.setAccessibleDescription(self.tr("Choose the kind of file"))
        self.formats.setFixedWidth(262)
        self.formats.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.formats.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.formats.currentRowChanged.connect(self._choose)
        self.has_speakers = Check(self._kit.theme, self.tr("Names of speakers"), self)
        self.has_times = Check(self._kit.theme, self.tr("Times"), self)
        self.is_merged = Check(self._kit.theme, self.tr("Merge lines"), self)
        self.is_merged.setToolTip(
            self.tr("What one person says in a row becomes one paragraph (text, Markdown, Word)")
        )
        for box in (self.has_speakers, self.has_times):
            box.setChecked(True)
            box.setAccessibleDescription(self.tr("Written where the format leaves the choice"))
        for box in (self.has_speakers, self.has_times, self.is_merged):
            box.toggled.connect(self._preview)
        self.range = RangeFields(self._meeting.duration_s if self._meeting else 0.0, self)
        self.range.changed.connect(self._preview)
        self.people = PeopleField(self._kit.theme, self)
        self.people.changed.connect(self._preview)
        self.preview = QPlainTextEdit(self)
        self.preview.setReadOnly(True)
        self.preview.setAccessibleName(self.tr("Preview"))
        self.preview.setAccessibleDescription(self.tr("The beginning of the file as it will be"))
        fixed = QFont(self.font())
        fixed.setFamilies(["DejaVu Sans Mono", "Menlo", "Consolas", "monospace"])
        fixed.setPointSizeF(self.font().pointSizeF() - 1.5)
        self.preview.setFont(fixed)
        self.preview.setStyleSheet(f"font-size: {fixed.pointSizeF()}pt; padding: 12px;")
        self.path = QLineEdit(self)
        self.path.setAccessibleName(self.tr("File"))
        self.path.setAccessibleDescription(self.tr("Folder and name of the file"))
        self.browse = QPushButton(self.tr("Choose…"), self)
        self.browse.setAccessibleName(self.tr("Choose where to save"))
        self.browse.setAccessibleDescription(self.tr("Opens a file dialog"))
        self.browse.clicked.connect(self._browse)
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.hide()
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setAccessibleName(self.cancel.text())
        self.cancel.setAccessibleDescription(self.tr("Close without saving"))
        self.cancel.clicked.connect(self.reject)
        self.save = QPushButton(self.tr("Save"), self)
        self.save.setProperty("kind", "primary")
        self.save.setAccessibleName(self.tr("Save"))
        self.save.setAccessibleDescription(self.tr("Write the file and close"))
        self.save.setDefault(True)
        self.save.clicked.connect(self.export)
        self.copy = QPushButton(self.tr("Copy"), self)
        self.copy.setAccessibleName(self.tr("Copy to the clipboard"))
        self.copy.setToolTip(self.tr("Copy the whole transcript in this format"))
        self.copy.clicked.connect(self._copy)
        self.print = QPushButton(self.tr("Print…"), self)
        self.print.setAccessibleName(self.tr("Print the transcript"))
        self.print.setToolTip(self.tr("Opens the print dialog"))
        self.print.clicked.connect(self._print)
        right = QVBoxLayout()
        right.setSpacing(10)
        options = QHBoxLayout()
        options.setSpacing(18)
        options.addWidget(self.has_speakers)
        options.addWidget(self.has_times)
        options.addWidget(self.is_merged)
        options.addStretch(1)
        right.addLayout(options)
        part = QHBoxLayout()
        part.setSpacing(12)
        part.addWidget(self.range)
        part.addStretch(1)
        part.addWidget(self.people)
        right.addLayout(part)
        right.addWidget(self.preview, 1)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        kinds = QVBoxLayout()
        kinds.setSpacing(6)
        kinds.addWidget(self._caption(self.tr("Format"), self.formats))
        kinds.addWidget(self.formats, 1)
        middle.addLayout(kinds)
        middle.addLayout(right, 1)
        where = QHBoxLayout()
        where.setSpacing(8)
        where.addWidget(self._caption(self.tr("File"), self.path))
        where.addWidget(self.path, 1)
        where.addWidget(self.browse)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.message, 1)
        buttons.addStretch()
        buttons.addWidget(self.print)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.save)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(26, 22, 26, 22)
        outer.setSpacing(12)
        outer.addWidget(heading)
        outer.addWidget(about)
        outer.addLayout(middle, 1)
        outer.addLayout(where)
        outer.addLayout(buttons)

    def _caption(self, text: str, field: QWidget) -> QLabel:
        label = QLabel(text, self)
        label.setProperty("kind", "muted")
        label.setBuddy(field)
        return label

    def _fill(self) -> None:
        chosen = 0
        for row, info in enumerate((*self._kit.context.exporting.formats(), _PDF)):
            title = QCoreApplication.translate("Formats", info.title)
            item = QListWidgetItem(f"{title}  ({info.suffix})", self.formats)
            item.setData(Qt.ItemDataRole.UserRole, info)
            if info.format_id == ExportDialog._last_format:
                chosen = row
        self.formats.setCurrentRow(chosen)
        library, meeting_id = self._kit.context.library, self._meeting_id
        self._kit.tasks.run(
            lambda: library.transcript(meeting_id).speakers, self.people.set_speakers, self._failed
        )

    # --- Choosing --------------------------------------------------------------------------

    @property
    def format(self) -> ExporterInfo | None:
        """The chosen format."""
        item = self.formats.currentItem()
        info = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return info if isinstance(info, ExporterInfo) else None

    @property
    def options(self) -> ExportOptions:
        """What is ticked."""
        return ExportOptions(
            has_timestamps=self.has_times.isChecked(),
            has_speakers=self.has_speakers.isChecked(),
            is_merged=self.is_merged.isChecked(),
            span=self.range.span,
            tracks=self.people.tracks,
        )

    @Slot()
    def _choose(self) -> None:
        info = self.format
        if info is None:
            return
        known = Path(self.path.text()) if self.path.text() else None
        stem = known.stem if known is not None else self._stem()
        folder = known.parent if known is not None else self._folder()
        self.path.setText(str(folder / f"{stem}{info.suffix}"))
        self._preview()

    def _stem(self) -> str:
        if self._meeting is None:
            return self.tr("transcript")
        return self._kit.context.exporting.file_stem(self._meeting)

    def _folder(self) -> Path:
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        return ExportDialog._last_folder or Path(QStandardPaths.writableLocation(documents))

    @Slot()
    def _browse(self) -> None:
        info = self.format
        if info is None:
            return
        pattern = f"{QCoreApplication.translate('Formats', info.title)} (*{info.suffix})"
        chosen, _filter = QFileDialog.getSaveFileName(
            self, self.tr("Save transcript"), self.path.text(), pattern
        )
        if chosen:
            self.path.setText(chosen)

    # --- Preview ---------------------------------------------------------------------------

    @Slot()
    def _preview(self) -> None:
        info = self.format
        if info is None:
            return
        self._generation += 1
        self.copy.setEnabled(info.suffix not in _BINARY_SUFFIXES)
        if info.suffix in _BINARY_SUFFIXES:
            self.preview.setPlainText(self.tr("This format has no preview."))
            return
        service, options, generation = self._kit.context.exporting, self.options, self._generation
        meeting_id, name = self._meeting_id, f"preview{info.suffix}"

        def work() -> tuple[int, str]:
            with tempfile.TemporaryDirectory(prefix="crosstalk-") as folder:
                path = service.export(meeting_id, info.format_id, Path(folder) / name, options)
                with path.open(encoding="utf-8", errors="replace") as file:
                    return generation, file.read(PREVIEW_CHARS)

        self._kit.tasks.run(work, self._show_preview, self._no_preview)

    def _show_preview(self, found: tuple[int, str]) -> None:
        generation, text = found
        if generation == self._generation:
            self.preview.setPlainText(text + ("…" if len(text) == PREVIEW_CHARS else ""))

    def _no_preview(self, problem: Problem) -> None:
        self.preview.setPlainText(problem.text)

    # --- Writing ---------------------------------------------------------------------------

    @Slot()
    def export(self) -> None:
        """Write the file, then close."""
        info = self.format
        if info is None or not self.path.text().strip():
            return
        self.save.setEnabled(False)
        service, meeting_id, options = self._kit.context.exporting, self._meeting_id, self.options
        path, title = Path(self.path.text()).expanduser(), self._title

        def work() -> Path:
            if info is not _PDF:
                return service.export(meeting_id, info.format_id, path, options)
            return write_pdf(self._markdown(service, meeting_id, options), title, path)

        self._kit.tasks.run(work, self._written, self._failed)

    @staticmethod
    def _markdown(service: ExportingService, meeting_id: MeetingId, options: ExportOptions) -> str:
        return service.render(meeting_id, PREFERRED_FORMAT, options).decode()

    @Slot()
    def _copy(self) -> None:
        info = self.format
        if info is None:
            return
        service, meeting_id, options = self._kit.context.exporting, self._meeting_id, self.options
        self._kit.tasks.run(
            lambda: service.render(meeting_id, info.format_id, options).decode(),
            self._copied,
            self._failed,
        )

    def _copied(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._say(self.tr("Copied."), self._kit.theme.tokens.success)

    @Slot()
    def _print(self) -> None:
        service, meeting_id, options = self._kit.context.exporting, self._meeting_id, self.options
        self._kit.tasks.run(
            lambda: self._markdown(service, meeting_id, options), self._ask_printer, self._failed
        )

    def _ask_printer(self, markdown: str) -> None:
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(self._title)
        dialog = QPrintDialog(printer, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: document_of(markdown).print_(printer))
        dialog.setModal(True)
        dialog.show()

    def _written(self, path: Path) -> None:
        info = self.format
        ExportDialog._last_format = info.format_id if info else PREFERRED_FORMAT
        ExportDialog._last_folder = path.parent
        self.exported.emit(path)
        self.accept()

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802
        """Go on as the layouts order the controls."""
        return move_focus(self, is_next=is_next)

    def _failed(self, problem: Problem) -> None:
        self.save.setEnabled(True)
        self._say(problem.text, self._kit.theme.tokens.error)

    def _say(self, text: str, colour: str) -> None:
        self.message.setText(text)
        self.message.setStyleSheet(f"color: {colour};")
        self.message.show()
