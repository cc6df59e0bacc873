"""The page of a stored meeting."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import Severity
from app.domain.ids import MeetingId, SegmentId
from app.domain.meeting import MeetingState
from app.ui.actions import OF_A_STORED_MEETING, Do
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.parts import mark_part
from app.ui.review.corrector import Corrector
from app.ui.review.document import ReviewDocument
from app.ui.review.find import Place, doubts, next_place
from app.ui.review.find_bar import FindBar
from app.ui.review.passages import LOOP_PAD_S, stretch_of
from app.ui.review.player_bar import TIGHT_DIGITS, PlayerBar
from app.ui.review.voices import VoiceStrip
from app.ui.times import day, facts, length, time_of_day
from app.ui.transcript.view import TranscriptView
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.title_field import TitleField

_AUDIO_ACTIONS = frozenset(
    {
        Do.DELETE_AUDIO,
        Do.REFINE,
        Do.REFINE_PART,
        Do.FASTER,
        Do.SLOWER,
        Do.LOOP,
        Do.REDUCE_NOISE,
        Do.SOLO,
    }
)


class ReviewView(QWidget):
    """Header with title and voices, transcript, player."""

    export_wanted = Signal(object, str)
    delete_wanted = Signal(object, str)
    delete_audio_wanted = Signal(object, str)
    refine_wanted = Signal(object, object)
    """A `MeetingId`, and the `Span` to transcribe again, or None for all of it."""
    library_changed = Signal()

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._moment: tuple[float, SegmentId | None] | None = None
        self._doubt_s = -1.0
        self.setProperty("kind", "page")
        self.document = ReviewDocument(kit, self)
        self.document.loaded.connect(self._show_loaded)
        self.document.library_changed.connect(self.library_changed)
        self._build()
        self._connect_actions()
        kit.theme.changed.connect(self._dress)
        self._dress()

    # --- Building --------------------------------------------------------------------------

    def _build(self) -> None:
        actions = self._kit.actions
        head = QFrame(self)
        head.setProperty("kind", "header")
        self.title = TitleField(head)
        self.title.setAccessibleName(self.tr("Title of the meeting"))
        self.title.setAccessibleDescription(self.tr("Enter takes a new title, Escape the old one"))
        self.title.renamed.connect(self.document.rename)
        first = QHBoxLayout()
        first.setSpacing(4)
        first.addWidget(self.title, 1)
        self._tools = [self._tool(actions[do].text(), do) for do in (Do.UNDO, Do.REDO)]
        for tool in self._tools:
            first.addWidget(tool)
        self.more = QToolButton(head)
        self.more.setProperty("kind", "flat")
        self.more.setAccessibleName(self.tr("More"))
        self.more.setToolTip(actions[Do.MORE].toolTip())
        actions[Do.MORE].triggered.connect(self.more.showMenu)
        actions[Do.MORE].changed.connect(self._tell_more_keys)
        self._kit.theme.fit_icon(self.more, 20)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more)
        for do in (
            Do.FIND, Do.REPLACE, Do.NEXT_DOUBT, Do.RENAME_MEETING, Do.REFINE, Do.REFINE_PART,
            Do.DELETE_AUDIO, Do.DELETE_MEETING,
        ):  # fmt: skip
            menu.addAction(actions[do])
        self.more.setMenu(menu)
        first.addWidget(self.more)
        self.export = QPushButton(self.tr("Export"), head)
        self.export.setProperty("kind", "primary")
        self.export.setAccessibleName(actions[Do.EXPORT].text())
        self.export.setToolTip(actions[Do.EXPORT].toolTip())
        self._kit.theme.fit_icon(self.export, 16)
        self.export.clicked.connect(actions[Do.EXPORT].trigger)
        first.addSpacing(6)
        first.addWidget(self.export)
        self.facts = ElidedLabel("", head)
        self.facts.setProperty("kind", "muted")
        self.voices = VoiceStrip(self._kit.theme, head)
        rows = QVBoxLayout(head)
        rows.setContentsMargins(28, 12, 20, 12)
        rows.setSpacing(6)
        rows.addLayout(first)
        rows.addWidget(self.facts)
        rows.addSpacing(2)
        rows.addWidget(self.voices)
        self.transcript = TranscriptView(self._kit, is_live=False, parent=self)
        self.transcript.setModel(self.document.model)
        self.transcript.setAccessibleDescription(
            self.tr(
                "Enter plays from a line, F2 edits it, Ctrl+P says who speaks, "
                "Shift with the arrow keys selects several"
            )
        )
        self.find_bar = FindBar(self._kit, self.document.model, self)
        self.find_bar.found.connect(self._show_place)
        self.find_bar.terms_changed.connect(self.transcript.set_terms)
        self.find_bar.rewritten.connect(self.document.edit_texts)
        self.find_bar.closed.connect(self.transcript.setFocus)
        self.empty = QLabel(self.tr("No words were found in this recording."), self)
        self.empty.setProperty("kind", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(20, 60, 20, 0)
        self.empty.hide()
        self.player = PlayerBar(self._kit, self)
        for part in (head, self.find_bar, self.transcript, self.player):
            mark_part(part)
        self.player.position_changed.connect(self.transcript.set_position)
        self.transcript.time_clicked.connect(self.player.play_from)
        self.transcript.carrying_changed.connect(self.voices.offer)
        self.transcript.edit_started.connect(self.player.stop)
        self.corrector = Corrector(self._kit, self.document, self.transcript, self.player, self)
        self.voices.chosen.connect(self.corrector.ask_about_voice)
        self.voices.given.connect(self.corrector.give)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(head)
        box.addWidget(self.find_bar)
        box.addWidget(self.empty)
        box.addWidget(self.transcript, 1)
        box.addWidget(self.player)

    @Slot()
    def _tell_more_keys(self) -> None:
        self.more.setToolTip(self._kit.actions[Do.MORE].toolTip())

    def _tool(self, name: str, do: Do) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(self._kit.actions[do])
        button.setProperty("kind", "flat")
        button.setAccessibleName(name)
        self._kit.theme.fit_icon(button, 20)
        return button

    def _connect_actions(self) -> None:
        actions = self._kit.actions
        actions[Do.UNDO].triggered.connect(self.document.undo)
        actions[Do.REDO].triggered.connect(self.document.redo)
        actions[Do.RENAME_MEETING].triggered.connect(self._focus_title)
        actions[Do.EXPORT].triggered.connect(self._ask_export)
        actions[Do.DELETE_MEETING].triggered.connect(self._ask_delete)
        actions[Do.DELETE_AUDIO].triggered.connect(self._ask_delete_audio)
        actions[Do.REFINE].triggered.connect(self._ask_refine)
        actions[Do.REFINE_PART].triggered.connect(self._ask_refine_part)
        actions[Do.FIND].triggered.connect(self._open_find)
        actions[Do.FIND_NEXT].triggered.connect(self.find_bar.next)
        actions[Do.FIND_PREVIOUS].triggered.connect(self.find_bar.previous)
        actions[Do.NEXT_DOUBT].triggered.connect(self._next_doubt)
        actions[Do.REPLACE].triggered.connect(self._open_replace)
        actions[Do.LOOP].triggered.connect(self._toggle_loop)

    # --- For the window --------------------------------------------------------------------

    def open(
        self,
        meeting_id: MeetingId,
        *,
        at_s: float | None = None,
        segment_id: SegmentId | None = None,
        terms: tuple[str, ...] = (),
    ) -> None:
        """Show a meeting, at a moment if one is given.

        Args:
            terms: Words to mark, lower case.
        """
        if meeting_id != self.document.meeting_id:
            self.player.set_recording((), 0.0)
            self.find_bar.close_bar()
            self._doubt_s = -1.0
            self.transcript.verticalScrollBar().setValue(0)
        self._moment = None if at_s is None else (at_s, segment_id)
        self.transcript.set_terms(terms)
        self.document.open(meeting_id)

    def close_meeting(self) -> None:
        """Show nothing."""
        self.player.set_recording((), 0.0)
        self.document.close()
        self.update_actions(is_shown=False)

    def update_actions(self, *, is_shown: bool) -> None:
        """Actions on a meeting work while one is shown."""
        transcript = self.document.transcript if is_shown else None
        has_audio = transcript is not None and bool(transcript.meeting.streams)
        for do in OF_A_STORED_MEETING:
            needs_audio = do in _AUDIO_ACTIONS
            self._kit.actions[do].setEnabled(has_audio if needs_audio else transcript is not None)

    # --- Showing ---------------------------------------------------------------------------

    @Slot()
    def _show_loaded(self) -> None:
        transcript = self.document.transcript
        if transcript is None:
            return
        meeting = transcript.meeting
        self.title.set_title(meeting.title)
        parts = [day(meeting.started_at), time_of_day(meeting.started_at)]
        parts.append(length(meeting.duration_s))
        word_count = sum(len(segment.words) for segment in transcript.segments)
        parts.append(self.tr("%1 words").replace("%1", QLocale().toString(word_count)))
        if meeting.state is MeetingState.RECORDED:
            parts.append(self.tr("transcript unfinished"))
        elif meeting.state is MeetingState.REFINING:
            parts.append(self.tr("being refined"))
        if not meeting.streams and meeting.state is MeetingState.DONE:
            parts.append(self.tr("audio deleted"))
        self.facts.setText(facts(parts, "  ·  "))
        self.voices.show_voices(transcript)
        lines = list(self.document.model.lines())
        self.empty.setVisible(not lines)
        self.player.set_recording(
            [stream.spool_path for stream in meeting.streams], meeting.duration_s
        )
        self.player.timeline.show_lines(lines, meeting.duration_s)
        self.update_actions(is_shown=True)
        self.find_bar.refresh()
        if self._moment is not None:
            seconds, segment_id = self._moment
            self._moment = None
            self.transcript.show_moment(seconds, segment_id)
            self.player.cue(seconds)

    # --- Finding ---------------------------------------------------------------------------

    @Slot()
    def _open_find(self) -> None:
        passage = self.transcript.current_passage()
        self.find_bar.open_bar(passage.first.span.start_s if passage is not None else 0.0)

    @Slot()
    def _open_replace(self) -> None:
        self._open_find()
        self.find_bar.open_replacing()

    @Slot(object)
    def _show_place(self, place: Place) -> None:
        self.transcript.show_moment(place.seconds, place.segment_id)
        if not self.player.is_playing:
            self.player.cue(place.seconds)

    @Slot()
    def _next_doubt(self) -> None:
        places = doubts(self.document.model.lines())
        number = next_place(places, self._doubt_s)
        if number is None:
            text = self.tr("The recogniser was sure of every word.")
            self._kit.show_problem(Problem(text=text, severity=Severity.WARNING))
            return
        self._doubt_s = places[number].seconds
        self._show_place(places[number])
        self.transcript.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot(bool)
    def _toggle_loop(self, is_on: bool) -> None:
        """Repeat the selected lines; of one line, what is heard now if something is."""
        if not is_on:
            self.player.end_loop()
            return
        passages = self.transcript.selected_passages()
        if len(passages) < 2 and (self.player.is_playing or not passages):
            heard = self.transcript.passage_at(self.player.position_s)
            passages = (heard,) if heard is not None else ()
        stretch = stretch_of(passages, pad_s=LOOP_PAD_S)
        if stretch is None:
            self._kit.actions[Do.LOOP].setChecked(False)
        else:
            self.player.start_loop(stretch)

    # --- The meeting -----------------------------------------------------------------------

    @Slot()
    def _focus_title(self) -> None:
        self.title.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.title.selectAll()

    @Slot()
    def _ask_export(self) -> None:
        if self.document.transcript is not None:
            meeting = self.document.transcript.meeting
            self.export_wanted.emit(meeting.meeting_id, meeting.title)

    @Slot()
    def _ask_delete(self) -> None:
        if self.document.transcript is not None:
            meeting = self.document.transcript.meeting
            self.delete_wanted.emit(meeting.meeting_id, meeting.title)

    @Slot()
    def _ask_delete_audio(self) -> None:
        if self.document.transcript is not None:
            meeting = self.document.transcript.meeting
            self.delete_audio_wanted.emit(meeting.meeting_id, meeting.title)

    @Slot()
    def _ask_refine(self) -> None:
        if self.document.meeting_id is not None:
            self.refine_wanted.emit(self.document.meeting_id, None)

    @Slot()
    def _ask_refine_part(self) -> None:
        part = stretch_of(self.transcript.selected_passages())
        if part is None:
            text = self.tr("Select the lines first that are to be transcribed again.")
            self._kit.show_problem(Problem(text=text, severity=Severity.WARNING))
        elif self.document.meeting_id is not None:
            self.refine_wanted.emit(self.document.meeting_id, part)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Leave the room to the title where it is narrow; the keys of the buttons stay."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        tight_px = TIGHT_DIGITS * self.fontMetrics().horizontalAdvance("0")
        for tool in self._tools:
            tool.setVisible(self.width() >= tight_px)

    @Slot()
    def _dress(self) -> None:
        self._make_room()
        tokens, icons = self._kit.theme.tokens, self._kit.icons
        self.more.setIcon(icons.icon("more", tokens.text))
        self.export.setIcon(icons.icon("export", tokens.on_accent))
