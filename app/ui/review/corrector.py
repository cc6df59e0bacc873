"""What can be done with the lines and voices of the open meeting, by key, menu, click or drop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QMenu, QWidget

from app.domain.errors import Severity
from app.domain.ids import MeetingId, SegmentId, TrackId
from app.domain.selection import LineSelection
from app.domain.speakers import MeetingSpeaker
from app.ui.actions import VOICES, Do
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.review.document import ReviewDocument
from app.ui.review.menu import LineVerbs, fill_voices_menu, line_menu, menu_heading
from app.ui.review.passages import (
    lines_from,
    lines_of,
    passage_above,
    readings,
    voice_from,
    word_start,
)
from app.ui.review.player_bar import PlayerBar
from app.ui.transcript.lines import Line, Passage
from app.ui.transcript.view import TranscriptView
from app.ui.transcript.who import WhoPanel


class Corrector(QObject):
    """Turns what the user points at into corrections; panels and menus belong to the page."""

    told = Signal(str)
    """What goes on, in a sentence."""
    over = Signal(str)
    """A sentence that was told and holds no longer."""

    def __init__(
        self,
        kit: Kit,
        document: ReviewDocument,
        transcript: TranscriptView,
        player: PlayerBar,
        page: QWidget,
    ) -> None:
        super().__init__(page)
        self._kit = kit
        self._document = document
        self._view = transcript
        self._player = player
        self._page = page
        transcript.speaker_clicked.connect(self.ask_about_line)
        transcript.menu_wanted.connect(self.show_menu)
        transcript.painter.edited.connect(document.edit_texts)
        for do, slot in (
            (Do.EDIT_LINE, self.edit_current),
            (Do.NAME_SPEAKER, self.ask_about_current),
            (Do.SPLIT, self.split_current),
            (Do.SPLIT_VOICE, self.split_voice),
            (Do.JOIN, self.join_current),
            (Do.SOLO, self.play_current_solo),
            *((do, partial(self.give_current_to, n)) for n, do in enumerate(VOICES, start=1)),
        ):
            kit.actions[do].triggered.connect(slot)
            transcript.addAction(kit.actions[do])

    # --- Who -------------------------------------------------------------------------------

    @Slot(object, QRect)
    def ask_about_line(self, passage: Passage, box: QRect) -> None:
        """Ask who says a passage, or all that are selected with it."""
        passages = self._passages_with(passage)
        tracks = {one.first.track for one in passages}
        track = passage.first.track if len(tracks) == 1 else None
        self._ask(track, tuple(line.segment_id for line in lines_of(passages)), box)

    @Slot(object, QRect)
    def ask_about_voice(self, track: TrackId, box: QRect) -> None:
        """Ask who a voice is, in the whole meeting."""
        self._ask(track, (), box)

    @Slot()
    def ask_about_current(self) -> None:
        """Ask who says what is selected."""
        passage = self._view.current_passage() if self._page.isVisible() else None
        if passage is not None:
            self.ask_about_line(passage, QRect(self._current_at(), QSize(1, 1)))

    @Slot(tuple, object)
    def give(self, segment_ids: tuple[SegmentId, ...], track: TrackId | None) -> None:
        """Give lines to a voice, or to somebody new; those that are there already stay."""
        wanted = frozenset(segment_ids)
        lines = [line for line in self._document.model.lines() if line.segment_id in wanted]
        ids = [line.segment_id for line in lines if track is None or line.track != track]
        if ids:
            self._document.give([LineSelection(segment_id=one) for one in ids], track)

    def give_current_to(self, number: int) -> None:
        """Give what is selected to the voice with this number."""
        voice = next((s for s in self._speakers() if s.index == number), None)
        if voice is not None:
            lines = lines_of(self._view.selected_passages())
            self.give(tuple(line.segment_id for line in lines), voice.track)

    def _ask(self, track: TrackId | None, segment_ids: tuple[SegmentId, ...], box: QRect) -> None:
        if self._document.transcript is None:
            return
        panel = WhoPanel(
            self._speakers(),
            self._document.people,
            track=track,
            segment_ids=segment_ids,
            parent=self._page,
        )
        panel.answered.connect(self._document.take_answer)
        panel.open_at(box)

    # --- Menus -----------------------------------------------------------------------------

    @Slot(object, float, QPoint)
    def show_menu(self, passage: Passage, seconds: float, at: QPoint) -> None:
        """Offer what can be done with a passage and the word under the pointer."""
        transcript = self._document.transcript
        if transcript is None:
            return
        line = next(
            (e for e in reversed(passage.lines) if e.span.start_s <= seconds), passage.first
        )
        segment = next((s for s in transcript.segments if s.segment_id == line.segment_id), None)
        menu = line_menu(
            passage,
            transcript.speakers,
            readings(line, segment, seconds) if segment is not None else (),
            self._verbs(passage, seconds, at, line),
            self._page,
        )
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    @Slot()
    def split_current(self) -> None:
        """Ask who says what follows the word that is heard."""
        passage = self._view.current_passage()
        if passage is None:
            return
        seconds = self._player.position_s
        if not passage.first.span.start_s < seconds < passage.last.span.end_s:
            text = self.tr("Click the first word that somebody else says, then split there.")
            self._kit.show_problem(Problem(text=text, severity=Severity.WARNING))
            return
        verbs = self._verbs(passage, word_start(passage, seconds), QPoint(), passage.first)
        self._ask_in_menu(self.tr("From this word on it is"), passage, verbs.give_rest)

    @Slot()
    def split_voice(self) -> None:
        """Ask who says what this voice says from the current line on."""
        passage = self._view.current_passage()
        if passage is not None:
            start_s = passage.first.span.start_s
            verbs = self._verbs(passage, start_s, QPoint(), passage.first)
            heading = self.tr("From here on this voice is")
            self._ask_in_menu(heading, passage, verbs.give_later)

    @Slot()
    def join_current(self) -> None:
        """Give the current passage to the person above."""
        passage = self._view.current_passage()
        if passage is not None:
            verbs = self._verbs(passage, 0.0, QPoint(), passage.first)
            if verbs.join is not None:
                verbs.join()

    @Slot()
    def edit_current(self) -> None:
        """Open the current line for editing."""
        passage = self._view.current_passage()
        if passage is not None:
            self._view.edit_line(passage.first.segment_id)

    @Slot()
    def play_current_solo(self) -> None:
        """Play the current line without those who talk at the same time."""
        passage = self._view.current_passage()
        if passage is not None:
            self.play_solo(passage.first.segment_id)

    def play_solo(self, segment_id: SegmentId) -> None:
        """Play a line without those who talk at the same time, once that is made."""
        meeting_id, listening = self._document.meeting_id, self._kit.context.listening
        if meeting_id is not None:
            self._kit.tasks.run(
                lambda: listening.solo(meeting_id, segment_id),
                self._player.play_solo,
                self._kit.show_problem,
            )

    # --- Inside ----------------------------------------------------------------------------

    def _verbs(self, passage: Passage, seconds: float, at: QPoint, line: Line) -> LineVerbs:
        document, model = self._document, self._document.model
        above = passage_above([model.row(n) for n in range(model.rowCount())], passage)
        whole = tuple(LineSelection(segment_id=one.segment_id) for one in passage.lines)
        is_other = above is not None and above.first.track not in (None, passage.first.track)
        joined = above.first.track if above is not None and is_other else None
        later = partial(voice_from, model.lines(), passage, seconds)
        return LineVerbs(
            play=lambda: self._player.play_from(seconds),
            solo=(lambda: self.play_solo(line.segment_id)) if line.has_overlap else None,
            ask_who=lambda: self.ask_about_line(passage, QRect(at, QSize(1, 1))),
            edit=lambda: self._view.edit_line(line.segment_id),
            join=(lambda: document.give(whole, joined)) if joined is not None else None,
            give_rest=lambda track: document.give(lines_from(passage, seconds), track),
            give_later=lambda track: document.give(later(), track),
            give_alike=partial(self._give_alike, passage) if self._has_audio() else None,
            rewrite=lambda text: document.edit_texts({line.segment_id: text}),
        )

    def _has_audio(self) -> bool:
        transcript = self._document.transcript
        return transcript is not None and bool(transcript.meeting.streams)

    def _give_alike(self, passage: Passage, track: TrackId | None) -> None:
        """Listen which lines of the voice sound like a passage, or like all that are selected."""
        meeting_id, speakers = self._document.meeting_id, self._kit.context.speakers
        if meeting_id is None:
            return
        ids = [line.segment_id for line in lines_of(self._passages_with(passage))]
        listening = self.tr("Listening which lines sound like this one…")
        self.told.emit(listening)
        self._kit.tasks.run_long(
            lambda _cancel: (meeting_id, speakers.sounding_like(meeting_id, ids), track),
            self._give_found,
            self._kit.show_problem,
            partial(self.over.emit, listening),
        )

    def _give_found(self, found: tuple[MeetingId, tuple[SegmentId, ...], TrackId | None]) -> None:
        meeting_id, segment_ids, track = found
        if meeting_id == self._document.meeting_id:
            self.give(segment_ids, track)
            text = self.tr("Lines given away: %1. Undo takes it back.")
            self.told.emit(text.replace("%1", str(len(segment_ids))))

    def _passages_with(self, passage: Passage) -> tuple[Passage, ...]:
        """A passage, or everything that is selected with it."""
        selected = self._view.selected_passages()
        return selected if passage in selected else (passage,)

    def _ask_in_menu(
        self, heading: str, passage: Passage, give: Callable[[TrackId | None], None]
    ) -> None:
        menu = QMenu(self._page)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(heading)
        menu.addAction(menu_heading(heading, menu))
        fill_voices_menu(menu, passage, self._speakers(), give)
        menu.popup(self._current_at())
        menu.setActiveAction(menu.actions()[1])

    def _current_at(self) -> QPoint:
        rect = self._view.visualRect(self._view.currentIndex())
        return self._view.viewport().mapToGlobal(rect.center())

    def _speakers(self) -> tuple[MeetingSpeaker, ...]:
        transcript = self._document.transcript
        return transcript.speakers if transcript is not None else ()
