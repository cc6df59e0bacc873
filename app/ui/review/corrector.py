"""What can be done with the lines and voices of the open meeting, by key, menu, click or drop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, Slot
from PySide6.QtWidgets import QMenu, QWidget

from app.domain.errors import Severity
from app.domain.ids import SegmentId, TrackId
from app.domain.selection import LineSelection
from app.domain.speakers import MeetingSpeaker
from app.ui.actions import VOICES, Do
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.review.document import ReviewDocument
from app.ui.review.menu import LineVerbs, fill_voices_menu, line_menu
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
        selected = self._view.selected_passages()
        passages = selected if passage in selected else (passage,)
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
        self._ask_in_menu(passage, verbs.give_rest)

    @Slot()
    def split_voice(self) -> None:
        """Ask who says what this voice says from the current line on."""
        passage = self._view.current_passage()
        if passage is not None:
            start_s = passage.first.span.start_s
            verbs = self._verbs(passage, start_s, QPoint(), passage.first)
            self._ask_in_menu(passage, verbs.give_later)

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
            rewrite=lambda text: document.edit_texts({line.segment_id: text}),
        )

    def _ask_in_menu(self, passage: Passage, give: Callable[[TrackId | None], None]) -> None:
        menu = QMenu(self._page)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_voices_menu(menu, passage, self._speakers(), give)
        menu.popup(self._current_at())
        menu.setActiveAction(menu.actions()[0])

    def _current_at(self) -> QPoint:
        rect = self._view.visualRect(self._view.currentIndex())
        return self._view.viewport().mapToGlobal(rect.center())

    def _speakers(self) -> tuple[MeetingSpeaker, ...]:
        transcript = self._document.transcript
        return transcript.speakers if transcript is not None else ()
