"""The voices of a meeting as chips with their share of the talk."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.domain.facts import SpeakerFacts, meeting_facts
from app.domain.ids import SegmentId, TrackId
from app.domain.meeting import MeetingTranscript
from app.domain.speakers import MeetingSpeaker, NameSource
from app.ui.theme import Theme
from app.ui.times import clock
from app.ui.transcript.dragging import unpacked
from app.ui.transcript.lines import initials_of
from app.ui.widgets.chip import SpeakerChip, chip_height

_GAP_PX = 8


class VoiceStrip(QWidget):
    """As many chips as fit in one row, the rest in a menu; lines may be dropped on a voice."""

    chosen = Signal(object, QRect)
    """A `TrackId`, and where its chip is, in global coordinates."""
    given = Signal(tuple, object)
    """Lines were dropped: their ids, and the `TrackId`, or None for somebody new."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chips: list[tuple[TrackId, SpeakerChip]] = []
        self.more = QToolButton(self)
        self.more.setProperty("kind", "flat")
        self.more.setAccessibleName(self.tr("More voices"))
        self.more.setAccessibleDescription(self.tr("Voices that do not fit beside the others"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(QMenu(self.more))
        self.more.hide()
        self.newcomer = SpeakerChip(
            theme,
            name=self.tr("Somebody new"),
            initials="+",
            colour_index=None,
            hint=self.tr("Drop lines here to give them to a voice that is not in the list"),
            parent=self,
        )
        self.newcomer.hide()
        self._is_offering = False
        self.setAcceptDrops(True)
        theme.changed.connect(self._fit)
        self._fit()

    @property
    def chips(self) -> tuple[SpeakerChip, ...]:
        """All chips, most talkative voice first."""
        return tuple(chip for _track, chip in self._chips)

    def show_voices(self, transcript: MeetingTranscript) -> None:
        """Show the voices of a meeting."""
        for _track, chip in self._chips:
            chip.hide()
            chip.deleteLater()
        facts = {row.track: row for row in meeting_facts(transcript)}
        ordered = sorted(transcript.speakers, key=lambda s: (-facts[s.track].talk_s, s.index))
        self._chips = [(s.track, self._chip(s, facts[s.track])) for s in ordered]
        self._place()

    @Slot(bool)
    def offer(self, is_offering: bool) -> None:
        """Make room for somebody new while lines are dragged."""
        self._is_offering = is_offering
        self._point_out(None)
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show as many as fit."""
        super().resizeEvent(event)
        self._place()

    @property
    def _more_px(self) -> int:
        return self.fontMetrics().horizontalAdvance("+88") + 32

    @property
    def _newcomer_px(self) -> int:
        return self.newcomer.sizeHint().width() + _GAP_PX

    @Slot()
    def _fit(self) -> None:
        self.setFixedHeight(chip_height(self.fontMetrics()))
        self._place()

    def _chip(self, speaker: MeetingSpeaker, facts: SpeakerFacts) -> SpeakerChip:
        chip = SpeakerChip(
            self._theme,
            name=speaker.label,
            initials=initials_of(speaker.name, speaker.index),
            colour_index=speaker.index,
            detail=f"{round(facts.share * 100)} %",
            hint="\n".join((describe_facts(facts), name_reason(speaker))).strip(),
            parent=self,
        )
        track = speaker.track
        chip.clicked.connect(lambda: self._choose(track, chip))
        return chip

    def _choose(self, track: TrackId, chip: QWidget) -> None:
        box = QRect(chip.mapToGlobal(QPoint(0, 0)), chip.size())
        self.chosen.emit(track, box)

    def _place(self) -> None:
        x = 0
        hidden: list[tuple[TrackId, SpeakerChip]] = []
        is_mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        widths = [chip.sizeHint().width() for _track, chip in self._chips]
        total = sum(widths) + _GAP_PX * max(0, len(widths) - 1)
        whole = self.width() - (self._newcomer_px if self._is_offering else 0)
        room = whole if total <= whole else whole - self._more_px
        for (track, chip), width in zip(self._chips, widths, strict=True):
            if hidden or x + width > room:
                chip.hide()
                hidden.append((track, chip))
                continue
            left = self.width() - x - width if is_mirrored else x
            chip.setGeometry(left, 0, width, self.height())
            chip.show()
            x += width + _GAP_PX
        self._fill_more(hidden, x)
        x += self._more_px if hidden else 0
        width = self._newcomer_px - _GAP_PX
        left = self.width() - x - width if is_mirrored else x
        self.newcomer.setGeometry(left, 0, width, self.height())
        self.newcomer.setVisible(self._is_offering)

    def _fill_more(self, hidden: list[tuple[TrackId, SpeakerChip]], x: int) -> None:
        self.more.setVisible(bool(hidden))
        self.more.setText(f"+{len(hidden)}")
        left = self.width() - x - self._more_px + 6 if self.isRightToLeft() else x
        self.more.setGeometry(left, 0, self._more_px - 6, self.height())
        menu = self.more.menu()
        menu.clear()
        for track, chip in hidden:
            action = menu.addAction(chip.text())
            action.triggered.connect(lambda _on=False, track=track: self._choose(track, self.more))

    # --- Lines that are dropped ------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Lines of the transcript may come."""
        if unpacked(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        """Show who would get them."""
        under = self.childAt(event.position().toPoint())
        self._point_out(under)
        event.setAccepted(under is not None)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        """Nobody would get them."""
        self._point_out(None)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Give them to the voice below the pointer, or ask which of those that do not fit."""
        self._point_out(None)
        at = event.position().toPoint()
        under, segment_ids = self.childAt(at), unpacked(event.mimeData())
        track = next((track for track, chip in self._chips if chip is under), None)
        if under is None or not segment_ids:
            return
        event.acceptProposedAction()
        if under is self.more:
            self._ask_who_of_the_rest(segment_ids, self.mapToGlobal(at))
        else:
            self.given.emit(segment_ids, track)

    def _ask_who_of_the_rest(self, segment_ids: tuple[SegmentId, ...], at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for track, chip in self._chips:
            if chip.isHidden():
                give = partial(self._give, segment_ids, track)
                menu.addAction(chip.text()).triggered.connect(give)
        menu.popup(at)

    def _give(
        self, segment_ids: tuple[SegmentId, ...], track: TrackId, _is_checked: object = None
    ) -> None:
        self.given.emit(segment_ids, track)

    def _point_out(self, target: QWidget | None) -> None:
        for chip in (*self.chips, self.newcomer):
            chip.set_target(is_target=chip is target)
        self.more.setDown(self.more is target)


def describe_facts(facts: SpeakerFacts) -> str:
    """One line about what a person did: "Talked 12:30, 23 turns, 2 interruptions"."""
    parts = [
        _tr("Talked %1").replace("%1", clock(facts.talk_s)),
        _counted(facts.turn_count, _tr("1 turn"), _tr("%1 turns")),
    ]
    if facts.overlap_s >= 1:
        parts.append(_tr("%1 s over others").replace("%1", str(round(facts.overlap_s))))
    if facts.interruption_count:
        one, many = _tr("1 interruption"), _tr("%1 interruptions")
        parts.append(_counted(facts.interruption_count, one, many))
    return ", ".join(parts)


def name_reason(speaker: MeetingSpeaker) -> str:
    """Why a voice carries its name; "" when it has none."""
    if speaker.name is None:
        return ""
    if speaker.source is NameSource.ENROLLED and speaker.confidence is not None:
        text = _tr("Probably: %1 % sure") if speaker.is_doubtful else _tr("Recognised: %1 % sure")
        return text.replace("%1", str(min(99, int(speaker.confidence * 100))))
    return _tr("You said so") if speaker.source is NameSource.USER else ""


def _counted(number: int, one: str, many: str) -> str:
    return one if number == 1 else many.replace("%1", str(number))


def _tr(text: str) -> str:
    return str(QCoreApplication.translate("VoiceStrip", text))
