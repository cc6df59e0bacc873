"""The settings page: every field of the schema in cards by section, searchable."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.domain.ids import StreamId
from app.domain.ports import InputDevice, ModelStatus
from app.settings.schema import SettingField, Value, all_fields, read_value
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.parts import mark_part
from app.ui.settings.editor import SettingsEditor
from app.ui.settings.fields import FieldRow
from app.ui.settings.models import ModelsCard
from app.ui.settings.privacy import PrivacyCard
from app.ui.settings.shortcuts import ShortcutsCard
from app.ui.settings.updates import UpdatesRow
from app.ui.settings.vocabulary import VocabularyCard
from app.ui.theme import LARGE_SCALE, ThemeMode
from app.ui.widgets.fold import Fold
from app.ui.widgets.search_field import SearchField

PAGE_WIDTH_PX = 760
_DEVICE_FIELDS = {"capture.microphone": StreamId.MIC, "capture.system": StreamId.SYSTEM}
_MODEL_FIELDS = ("models.asr_partial", "models.asr_final")


class SettingsView(QWidget):
    """Changes hold at once and are stored a moment later."""

    closed = Signal()
    changed = Signal()
    """Something was stored; read it from the context."""

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self.setProperty("kind", "page")
        self.editor = SettingsEditor(kit, self)
        self.editor.saved.connect(self.changed)
        self.editor.saved.connect(self._look_at_disk)
        self.editor.refused.connect(self._show_problem)
        self.rows: dict[str, FieldRow] = {}
        self._cards: list[tuple[QFrame, list[FieldRow]]] = []
        self._build()

    # --- Building --------------------------------------------------------------------------

    def _build(self) -> None:
        head = QFrame(self)
        head.setProperty("kind", "header")
        heading = QLabel(self.tr("Settings"), head)
        heading.setProperty("kind", "title")
        self.search = SearchField(
            self._kit.theme, self._kit.icons, self.tr("Search settings"), head
        )
        self.search.setMaximumWidth(280)
        self.search.setAccessibleDescription(self.tr("Leaves the settings that fit the words"))
        self.search.textChanged.connect(self._filter)
        self.done = QPushButton(self.tr("Done"), head)
        self.done.setProperty("kind", "primary")
        self.done.setAccessibleName(self.tr("Close the settings"))
        self.done.setAccessibleDescription(self.tr("Everything is stored already"))
        self.done.clicked.connect(self.closed)
        mark_part(head)
        self.search.setMinimumWidth(230)
        self.search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        name = QHBoxLayout()
        name.addWidget(heading, 1)
        ways = QHBoxLayout()
        ways.setSpacing(10)
        ways.addWidget(self.search, 1)
        ways.addWidget(self.done)
        top = QVBoxLayout(head)
        top.setContentsMargins(28, 14, 20, 12)
        top.addWidget(Fold(name, ways, head, spacing_px=10))
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget(self.area)
        self.area.setWidget(inner)
        column = QVBoxLayout()
        column.setSpacing(16)
        self.vocabulary = VocabularyCard(self._kit, inner)
        for title, entries in _by_section().items():
            card = self._card(title, entries, inner)
            column.addWidget(card)
            if entries[0].section == "updates":
                self.updates = UpdatesRow(self._kit, card)
                layout = card.layout()
                assert layout is not None
                layout.addWidget(self.updates)
            if entries[0].section == "transcript":
                column.addWidget(self.vocabulary)
        self.models = ModelsCard(self._kit, inner)
        self.models.listed.connect(self._offer_models)
        self.privacy = PrivacyCard(self._kit, inner)
        self.shortcuts = ShortcutsCard(self._kit.shortcuts, inner)
        self.nothing = QLabel(self.tr("No setting fits these words."), inner)
        self.nothing.setProperty("kind", "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()
        for widget in (self.models, self.privacy, self.shortcuts, self.nothing):
            column.addWidget(widget)
        for part in (self.vocabulary, self.models, self.privacy, self.shortcuts):
            mark_part(part)
        column.addStretch(1)
        holder = QWidget(inner)
        holder.setMaximumWidth(PAGE_WIDTH_PX)
        holder.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        outer = self._outer = QHBoxLayout(inner)
        outer.addStretch(1)
        outer.addWidget(holder, 100)
        outer.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(head)
        box.addWidget(self.area, 1)
        self._kit.theme.changed.connect(self._leave_room)
        self._leave_room()

    @Slot()
    def _leave_room(self) -> None:
        """Large text needs the room that margins take."""
        is_large = self._kit.theme.scale >= LARGE_SCALE
        side = 8 if is_large else 24
        self._outer.setContentsMargins(side, 20, side, 24)
        own = [card for card, _rows in self._cards]
        for card in (*own, self.vocabulary, self.models, self.privacy, self.shortcuts):
            layout = card.layout()
            assert layout is not None
            below = layout.contentsMargins().bottom()
            layout.setContentsMargins(12 if is_large else 24, 18, 12 if is_large else 24, below)

    def _card(self, title: str, entries: list[SettingField], parent: QWidget) -> QFrame:
        card = QFrame(parent)
        card.setProperty("kind", "card")
        mark_part(card)
        box = QVBoxLayout(card)
        box.setContentsMargins(24, 18, 24, 14)
        box.setSpacing(2)
        heading = QLabel(QCoreApplication.translate("Settings", title), card)
        heading.setProperty("kind", "heading")
        heading.setWordWrap(True)
        box.addWidget(heading)
        rows = []
        for entry in entries:
            value = read_value(self._kit.context.settings, entry)
            row = FieldRow(self._kit.theme, entry, value, card)
            row.changed.connect(self._change)
            box.addWidget(row)
            rows.append(row)
            self.rows[entry.path] = row
        self._cards.append((card, rows))
        return card

    # --- For the window --------------------------------------------------------------------

    @Slot()
    def open(self) -> None:
        """Read again what can change outside the page."""
        for entry in all_fields():
            self.rows[entry.path].show_value(read_value(self._kit.context.settings, entry))
        context = self._kit.context
        self._kit.tasks.run(
            context.recording.list_devices, self._offer_devices, lambda _problem: None
        )
        self.vocabulary.open()
        self.models.refresh()
        self.privacy.refresh()
        self.shortcuts.open()
        self._filter()
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- Changes ---------------------------------------------------------------------------

    @Slot(str, object)
    def _change(self, path: str, value: Value) -> None:
        if path == "window.theme":
            self._kit.theme.set_mode(ThemeMode(str(value)))
        elif path == "window.text_percent" and isinstance(value, int):
            self._kit.theme.set_text_percent(value)
        elif path == "window.density":
            self._kit.theme.set_density(str(value))
        self.editor.change(path, value)

    @Slot()
    def _look_at_disk(self) -> None:
        self.privacy.refresh()

    @Slot(object)
    def _show_problem(self, problem: Problem) -> None:
        self._kit.show_problem(problem)
        for entry in all_fields():
            self.rows[entry.path].show_value(read_value(self._kit.context.settings, entry))

    # --- What the page offers --------------------------------------------------------------

    def _offer_devices(self, devices: tuple[InputDevice, ...]) -> None:
        for path, stream in _DEVICE_FIELDS.items():
            mine = [(d.key, d.name) for d in devices if d.stream is stream]
            self.rows[path].offer([("default", self.tr("As the system is set")), *mine])

    @Slot(tuple)
    def _offer_models(self, statuses: tuple[ModelStatus, ...]) -> None:
        recognisers = [s for s in statuses if s.role == "asr"]
        options = [(s.model_id, self._model_text(s)) for s in recognisers]
        for path in _MODEL_FIELDS:
            self.rows[path].offer(options)
        self._filter()

    def _model_text(self, status: ModelStatus) -> str:
        if status.state == "ok" and status.fits_this_machine:
            return status.title
        if status.state != "ok":
            return self.tr("%1 (not here yet)").replace("%1", status.title)
        return self.tr("%1 (too big for this machine)").replace("%1", status.title)

    @Slot()
    def _filter(self) -> None:
        terms = tuple(self.search.text().lower().split())
        has_any = False
        for card, rows in self._cards:
            for row in rows:
                row.setVisible(row.fits(terms))
            is_shown = any(row.fits(terms) for row in rows)
            card.setVisible(is_shown)
            has_any = has_any or is_shown
        for extra, fits in (
            (self.vocabulary, self.vocabulary.fits(terms)),
            (self.models, self.models.filter(terms)),
            (self.privacy, self.privacy.fits(terms)),
            (self.shortcuts, self.shortcuts.filter(terms)),
        ):
            extra.setVisible(fits)
            has_any = has_any or fits
        self.nothing.setVisible(not has_any)


def _by_section() -> dict[str, list[SettingField]]:
    sections: dict[str, list[SettingField]] = {}
    for entry in all_fields():
        sections.setdefault(entry.title, []).append(entry)
    return sections
