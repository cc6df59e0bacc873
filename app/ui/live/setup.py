"""Before a recording: title, sources, delay, and the big button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.ids import StreamId
from app.domain.ports import InputDevice
from app.domain.session import OperatingPoint
from app.services.recording import RecordingRequest
from app.ui.actions import Do
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.parts import mark_part
from app.ui.theme import LARGE_SCALE
from app.ui.widgets.choice import Choice, Segments
from app.ui.widgets.fold import Fold
from app.ui.widgets.terms_field import TermsField

CARD_WIDTH_PX = 560
TERM_LINES = 4
_STREAM_ICONS = {StreamId.MIC: "mic", StreamId.SYSTEM: "system"}


class SetupView(QScrollArea):
    """Asks what to record; `wanted` carries a `RecordingRequest`."""

    refreshed = Signal()
    """The devices are shown."""
    wanted = Signal(object)

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._devices: tuple[InputDevice, ...] = ()
        self._symbols: dict[StreamId, QLabel] = {}
        self.choosers: dict[StreamId, Choice] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        mark_part(self)
        inner = QWidget(self)
        self.setWidget(inner)
        outer = QHBoxLayout(inner)
        self._outer = outer
        outer.addStretch(1)
        column = QVBoxLayout()
        column.addStretch(2)
        column.addWidget(self._card(inner))
        column.addSpacing(14)
        self.doctor = QPushButton(kit.actions[Do.DOCTOR].text(), inner)
        self.doctor.setProperty("kind", "flat")
        self.doctor.setAccessibleName(kit.actions[Do.DOCTOR].text())
        self.doctor.setToolTip(kit.actions[Do.DOCTOR].toolTip())
        self.doctor.clicked.connect(kit.actions[Do.DOCTOR].trigger)
        column.addWidget(self.doctor, 0, Qt.AlignmentFlag.AlignHCenter)
        self.sample = QPushButton(kit.actions[Do.SAMPLE].text(), inner)
        self.sample.setProperty("kind", "flat")
        self.sample.setAccessibleName(kit.actions[Do.SAMPLE].text())
        self.sample.setToolTip(kit.actions[Do.SAMPLE].toolTip())
        self.sample.clicked.connect(kit.actions[Do.SAMPLE].trigger)
        column.addWidget(self.sample, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        outer.addLayout(column, 100)
        outer.addStretch(1)
        kit.theme.changed.connect(self._dress)
        self._dress()

    # --- Building --------------------------------------------------------------------------

    def _card(self, parent: QWidget) -> QWidget:
        card = QFrame(parent)
        card.setProperty("kind", "card")
        card.setMaximumWidth(CARD_WIDTH_PX)
        box = QVBoxLayout(card)
        self._box = box
        box.setSpacing(8)
        heading = QLabel(self.tr("New recording"), card)
        heading.setProperty("kind", "title")
        heading.setWordWrap(True)
        box.addWidget(heading)
        hint = QLabel(
            self.tr("Audio and transcript stay on this computer. Tell people that you record."),
            card,
        )
        hint.setProperty("kind", "muted")
        hint.setWordWrap(True)
        box.addWidget(hint)
        box.addSpacing(14)
        self.title = QLineEdit(card)
        self.title.setPlaceholderText(self.tr("Title (optional)"))
        self.title.setAccessibleName(self.tr("Title of the meeting"))
        self.title.setAccessibleDescription(self.tr("Empty makes a title of the date and time"))
        self.title.returnPressed.connect(self.ask)
        box.addWidget(self.title)
        box.addSpacing(6)
        box.addLayout(self._sources(card))
        box.addSpacing(6)
        box.addWidget(self._points(card))
        self._add_terms(card, box)
        box.addSpacing(18)
        self.record = QPushButton(self.tr("Start recording"), card)
        self.record.setProperty("kind", "record")
        self.record.setProperty("scale", "big")
        self.record.setAccessibleName(self.tr("Start recording"))
        self.record.setAccessibleDescription(self.tr("Records what is chosen above, at once"))
        self.record.clicked.connect(self.ask)
        box.addWidget(self.record, 0, Qt.AlignmentFlag.AlignHCenter)
        self.why_not = QLabel(card)
        self.why_not.setProperty("kind", "small")
        self.why_not.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.why_not.setWordWrap(True)
        self.why_not.hide()
        box.addWidget(self.why_not)
        return card

    def _sources(self, card: QWidget) -> QFormLayout:
        form = QFormLayout()
        form.setSpacing(10)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for stream, name in (
            (StreamId.MIC, self.tr("Microphone")),
            (StreamId.SYSTEM, self.tr("System audio")),
        ):
            symbol = QLabel(card)
            label = QLabel(name, card)
            head = QHBoxLayout()
            head.setSpacing(8)
            head.addWidget(symbol)
            head.addWidget(label)
            holder = QWidget(card)
            holder.setLayout(head)
            head.setContentsMargins(0, 0, 12, 0)
            chooser = Choice(self._kit.theme, name, card)
            chooser.setAccessibleDescription(self.tr("What is recorded, or nothing"))
            chooser.setMinimumContentsLength(6)
            chooser.currentIndexChanged.connect(self._check)
            label.setBuddy(chooser)
            self._symbols[stream] = symbol
            self.choosers[stream] = chooser
            if stream is StreamId.MIC:
                self.rescan = QToolButton(card)
                self.rescan.setText(self.tr("Look again"))
                self.rescan.setAccessibleName(self.tr("Look for devices again"))
                self.rescan.setAccessibleDescription(self.tr("After a device was connected"))
                self.rescan.setProperty("kind", "flat")
                self.rescan.clicked.connect(self.refresh)
                first, second = QHBoxLayout(), QHBoxLayout()
                first.addWidget(chooser, 1)
                second.addWidget(self.rescan)
                form.addRow(holder, Fold(first, second, card))
            else:
                form.addRow(holder, chooser)
        return form

    def _points(self, card: QWidget) -> QWidget:
        first, second = QHBoxLayout(), QHBoxLayout()
        label = QLabel(self.tr("Captions"), card)
        self.points = Segments(
            self.tr("Captions"),
            (
                (OperatingPoint.LIVE, self.tr("Fast"), self.tr("Final text within 1 s")),
                (OperatingPoint.BALANCED, self.tr("Balanced"), self.tr("Final text within 2 s")),
                (OperatingPoint.ACCURATE, self.tr("Careful"), self.tr("Final text within 4 s")),
            ),
            card,
        )
        self.points.choose(self._kit.context.settings.point)
        first.addWidget(label)
        first.addStretch(1)
        second.addWidget(self.points)
        return Fold(first, second, card)

    def _add_terms(self, card: QWidget, box: QVBoxLayout) -> None:
        self.more = QPushButton(self.tr("Names and terms…"), card)
        self.more.setProperty("kind", "flat")
        self.more.setCheckable(True)
        self.more.setAccessibleName(self.tr("Names and terms of this meeting"))
        self.more.setToolTip(
            self.tr("What the captions should spell right, besides the list in the settings")
        )
        self.terms = TermsField(
            self._kit.theme, self.tr("Names and terms of this meeting"), TERM_LINES, card
        )
        self.terms.hide()
        self.more.toggled.connect(self._show_terms)
        box.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeading)
        box.addWidget(self.terms)

    @Slot(bool)
    def _show_terms(self, is_shown: bool) -> None:
        self.terms.setVisible(is_shown)
        if is_shown:
            self.terms.edit.setFocus()

    # --- Devices ---------------------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Ask for the devices again."""
        service = self._kit.context.recording
        self._kit.tasks.run(service.list_devices, self._show_devices, self._no_devices)

    @Slot()
    def take_settings(self) -> None:
        """Begin with the delay that the settings name."""
        self.points.choose(self._kit.context.settings.point)

    def _show_devices(self, devices: tuple[InputDevice, ...]) -> None:
        self._devices = devices
        for stream, chooser in self.choosers.items():
            chosen = chooser.currentData()
            chooser.blockSignals(True)
            chooser.clear()
            mine = [device for device in devices if device.stream is stream]
            for device in mine:
                chooser.addItem(device.name, device.key)
            chooser.addItem(self.tr("Do not record"), None)
            default = next((n for n, device in enumerate(mine) if device.is_default), 0)
            wanted = chosen if chosen is not None else self._preferred(stream)
            known = chooser.findData(wanted)
            chooser.setCurrentIndex(known if known >= 0 else default)
            chooser.blockSignals(False)
        self._check()
        self.refreshed.emit()

    def _preferred(self, stream: StreamId) -> str:
        capture = self._kit.context.settings.capture
        return capture.microphone if stream is StreamId.MIC else capture.system

    def _no_devices(self, problem: Problem) -> None:
        self._kit.show_problem(problem)
        self._show_devices(())

    def _check(self) -> None:
        can_record = bool(self._chosen())
        self.record.setEnabled(can_record)
        why = self.tr("No sound source is chosen. Connect a microphone, or choose one above.")
        self.why_not.setText("" if can_record else why)
        self.why_not.setVisible(not can_record)
        self.record.setToolTip("" if can_record else why)

    def _chosen(self) -> dict[StreamId, str]:
        keys = {stream: chooser.currentData() for stream, chooser in self.choosers.items()}
        return {stream: key for stream, key in keys.items() if key is not None}

    # --- Asking ----------------------------------------------------------------------------

    @property
    def point(self) -> OperatingPoint:
        """The chosen delay."""
        return OperatingPoint(self.points.current or OperatingPoint.BALANCED)

    @Slot()
    def ask(self) -> None:
        """Ask for a recording of what is chosen."""
        devices = self._chosen()
        if devices:
            self.wanted.emit(
                RecordingRequest(
                    devices=devices,
                    title=self.title.text().strip() or None,
                    point=self.point,
                    vocabulary=self.terms.vocabulary.terms,
                )
            )

    @Slot()
    def _dress(self) -> None:
        tokens = self._kit.theme.tokens
        is_large = self._kit.theme.scale >= LARGE_SCALE
        self._outer.setContentsMargins(*((0, 12, 0, 12) if is_large else (20, 20, 20, 20)))
        self._box.setContentsMargins(*((16, 20, 16, 20) if is_large else (32, 28, 32, 28)))
        self.points.set_stacked(is_stacked=is_large)
        for stream, symbol in self._symbols.items():
            symbol.setPixmap(self._kit.icons.pixmap(_STREAM_ICONS[stream], tokens.muted, 20))
        self.record.setIcon(self._kit.icons.icon("record", tokens.on_record))
        self.doctor.setIcon(self._kit.icons.icon("check", tokens.accent))
        self.more.setIcon(self._kit.icons.icon("chevron", tokens.muted))
        self.sample.setIcon(self._kit.icons.icon("sparkle", tokens.accent))
