"""The page of a running meeting."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.marks import HoldReason
from app.domain.messages import Health, ModelUse, Notice
from app.domain.session import OperatingPoint
from app.domain.speakers import SpeakerProfile
from app.services.events import TranscriptChanged
from app.services.recording import RecordingRequest
from app.ui.actions import Do
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.live.announcer import Announcer
from app.ui.live.marker_bar import MarkerBar
from app.ui.live.panel import LivePanel
from app.ui.live.session import BEHIND_FROM_S, LiveSession, LiveState
from app.ui.live.setup import SetupView
from app.ui.parts import mark_part
from app.ui.times import clock
from app.ui.transcript.lines import Passage
from app.ui.transcript.model import TranscriptModel
from app.ui.transcript.view import TranscriptView
from app.ui.transcript.who import Answer, WhoPanel, take_answer
from app.ui.widgets.badge import Badge
from app.ui.widgets.choice import Choice
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.fold import Fold
from app.ui.widgets.level_meter import REFRESH_MS, LevelMeter

HEAD_MIN_PX = 420
"""Where a window leaves less than the header wants, its parts give way and not the list beside."""
SAMPLE_MIC = "mic.flac"
SAMPLE_SYSTEM = "system.flac"


class LiveView(QStackedWidget):
    """Set-up first, then the running meeting."""

    finished = Signal(object)
    """A meeting's id: all work on it is done."""
    settled = Signal()
    models_ready = Signal()
    running_changed = Signal(bool)
    noticed = Signal(object)

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self.session: LiveSession | None = None
        self._tools: list[QToolButton] = []
        self.setup = SetupView(kit, self)
        self.setup.wanted.connect(self.record)
        self.addWidget(self.setup)
        self.addWidget(self._running_page())
        self._clock = QTimer(self)
        self._clock.setInterval(REFRESH_MS)
        self._clock.timeout.connect(self._tick)
        kit.actions[Do.STOP].triggered.connect(self.stop)
        kit.actions[Do.PAUSE].triggered.connect(lambda: self._hold(HoldReason.PAUSED))
        kit.actions[Do.OFF_RECORD].triggered.connect(lambda: self._hold(HoldReason.OFF_RECORD))
        kit.actions[Do.MARK].triggered.connect(self._mark)
        kit.actions[Do.JUMP_TO_LIVE].triggered.connect(self.transcript.jump_to_live)
        kit.actions[Do.NAME_SPEAKER].triggered.connect(self._ask_about_current)
        kit.theme.changed.connect(self._dress)
        self._people: tuple[SpeakerProfile, ...] = ()
        self._dress()

    # --- Building --------------------------------------------------------------------------

    def _running_page(self) -> QWidget:
        page = QWidget(self)
        page.setProperty("kind", "page")
        head = QFrame(page)
        head.setProperty("kind", "header")
        head.setMinimumWidth(HEAD_MIN_PX)
        self.title = ElidedLabel("", head)
        self.title.setProperty("kind", "heading")
        self.dot = QLabel(head)
        self.timer = QLabel("0:00", head)
        self.timer.setProperty("kind", "timer")
        self.timer.setAccessibleName(self.tr("Time recorded"))
        self.badge = Badge("badge", head)
        self.held = Badge("badge", head)
        self.status = Badge("badge-quiet", head)
        self.marker_bar = MarkerBar(page)
        self.marker_bar.confirmed.connect(self._keep_marker)
        tools = [self._tool(do, head) for do in (Do.MARK, Do.OFF_RECORD, Do.PAUSE)]
        self._tools.extend(tools)
        self.stop_button = QPushButton(self.tr("Stop"), head)
        self.stop_button.setProperty("kind", "record")
        self.stop_button.setAccessibleName(self._kit.actions[Do.STOP].text())
        self.stop_button.setToolTip(self._kit.actions[Do.STOP].toolTip())
        self.stop_button.clicked.connect(self._kit.actions[Do.STOP].trigger)
        first = QHBoxLayout()
        first.setSpacing(10)
        first.addWidget(self.title, 1)
        for tool in tools:
            first.addWidget(tool)
        for do in (Do.CAPTIONS, Do.LIVE_PANEL):
            first.addWidget(self._tool(do, head))
        first.addWidget(self.stop_button)
        second = QHBoxLayout()
        second.setSpacing(8)
        second.addWidget(self.dot)
        second.addWidget(self.timer)
        second.addSpacing(10)
        self.meters: dict[StreamId, LevelMeter] = {}
        self._symbols: dict[StreamId, QLabel] = {}
        for stream, name in (
            (StreamId.MIC, self.tr("Microphone level")),
            (StreamId.SYSTEM, self.tr("System audio level")),
        ):
            symbol = QLabel(head)
            symbol.setToolTip(name)
            meter = LevelMeter(self._kit.theme, name, head)
            meter.setAccessibleDescription(self.tr("How loud it is now"))
            meter.setMaximumWidth(130)
            self._symbols[stream], self.meters[stream] = symbol, meter
            second.addWidget(symbol)
            second.addWidget(meter, 1)
            second.addSpacing(6)
        second.addStretch(1)
        remarks = QHBoxLayout()
        remarks.setSpacing(8)
        self.points = Choice(self._kit.theme, self.tr("Delay of the final text"), head)
        self.points.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.points.setMinimumContentsLength(9)
        self.points.setAccessibleDescription(self.tr("May be changed while the meeting runs"))
        for point, text, tip in (
            (OperatingPoint.LIVE, self.tr("Fast"), self.tr("Final text within 1 s")),
            (OperatingPoint.BALANCED, self.tr("Balanced"), self.tr("Final text within 2 s")),
            (OperatingPoint.ACCURATE, self.tr("Careful"), self.tr("Final text within 4 s")),
        ):
            self.points.addItem(text, point)
            self.points.setItemData(self.points.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.points.activated.connect(self._use_point)
        self.delay = Badge("badge-quiet", head)
        for remark in (self.points, self.delay, self.held, self.badge, self.status):
            remarks.addWidget(remark)
        remarks.addStretch(0)
        rows = QVBoxLayout(head)
        rows.setContentsMargins(24, 14, 20, 12)
        rows.setSpacing(6)
        rows.addLayout(first)
        rows.addWidget(Fold(second, remarks, head))
        self.progress = QProgressBar(page)
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Finishing the transcript"))
        self.progress.setAccessibleDescription(self.tr("How much of the final pass is done"))
        self.progress.hide()
        self.transcript = TranscriptView(self._kit, is_live=True, parent=page)
        self.transcript.setModel(TranscriptModel(self.transcript))
        for part in (head, self.marker_bar, self.transcript):
            mark_part(part)
        self.transcript.setAccessibleDescription(
            self.tr("What is said, as it is said; newest at the end")
        )
        self.announcer = Announcer(self._kit, self.transcript)
        self.transcript.speaker_clicked.connect(self._ask_who)
        self.transcript.addAction(self._kit.actions[Do.NAME_SPEAKER])
        self.waiting = QLabel(self.transcript)
        self.waiting.setProperty("kind", "muted")
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.waiting.setWordWrap(True)
        self.waiting.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.transcript.installEventFilter(self)
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(head)
        box.addWidget(self.marker_bar)
        box.addWidget(self.progress)
        self.panel = LivePanel(self._kit.theme, page)
        self.panel.chosen.connect(self._ask_who_is)
        self.panel.setVisible(self._kit.actions[Do.LIVE_PANEL].isChecked())
        self._kit.actions[Do.LIVE_PANEL].toggled.connect(self.panel.setVisible)
        columns = QHBoxLayout()
        columns.setSpacing(0)
        columns.addWidget(self.transcript, 1)
        columns.addWidget(self.panel)
        box.addLayout(columns, 1)
        return page

    def _tool(self, do: Do, parent: QWidget) -> QToolButton:
        action = self._kit.actions[do]
        tool = QToolButton(parent)
        tool.setDefaultAction(action)
        tool.setProperty("kind", "flat")
        tool.setAccessibleName(action.text())
        self._kit.theme.fit_icon(tool, 20)
        return tool

    # --- Commands --------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """Whether audio is being recorded, or the sample plays."""
        states = (LiveState.STARTING, LiveState.RUNNING, LiveState.STOPPING)
        return self.session is not None and self.session.state in states

    @Slot()
    def prepare(self) -> None:
        """Show the set-up page, unless a meeting runs."""
        if not self.is_running:
            self.setCurrentIndex(0)
            self.setup.refresh()
            self.setup.title.setFocus()
            self._kit.context.recording.prepare()

    @Slot(object)
    def record(self, request: RecordingRequest) -> None:
        """Start to record."""
        point = request.point or self._kit.context.settings.point
        session = self._begin(request.title or self.tr("New meeting"), point)
        session.record(request)

    def play_sample(self) -> None:
        """Play the sample meeting as if it were live."""
        if self.is_running:
            return
        folder = self._kit.context.paths.resources_dir / "sample"
        point = OperatingPoint.BALANCED
        session = self._begin(self.tr("Sample meeting"), point)
        session.play_sample(folder / SAMPLE_MIC, folder / SAMPLE_SYSTEM, point)

    @Slot()
    def stop(self) -> None:
        """Stop the running meeting."""
        if self.session is not None:
            self.session.stop()

    def _hold(self, reason: HoldReason) -> None:
        if self.session is not None:
            # The action shows what is, not what was clicked; it changes when the hold does.
            self._show_hold(self.session.hold_reason)
            self.session.hold(reason)

    @Slot()
    def _mark(self) -> None:
        at = self.session.now() if self.session is not None else None
        if at is not None:
            self.marker_bar.begin(at)

    @Slot(int, str)
    def _keep_marker(self, at: int, note: str) -> None:
        if self.session is not None:
            self.session.mark(at, note)
        self.transcript.setFocus()

    # --- Corrections while it runs -----------------------------------------------------------

    @Slot()
    def _ask_about_current(self) -> None:
        passage = self.transcript.current_passage() if self.isVisible() else None
        if passage is not None:
            rect = self.transcript.visualRect(self.transcript.currentIndex())
            at = self.transcript.viewport().mapToGlobal(rect.center())
            self._ask_who(passage, QRect(at, QSize(1, 1)))

    @Slot(object, QRect)
    def _ask_who(self, passage: Passage, box: QRect) -> None:
        session = self.session
        if session is None or session.meeting_id is None:
            return
        lines = tuple(line.segment_id for line in passage.lines if line.is_final)
        self._ask(session, passage.first.track, lines, box)

    @Slot(object, QRect)
    def _ask_who_is(self, track: TrackId, box: QRect) -> None:
        """Ask for the name of a voice, wherever it talks."""
        if self.session is not None and self.session.meeting_id is not None:
            self._ask(self.session, track, (), box)

    def _ask(
        self,
        session: LiveSession,
        track: TrackId | None,
        lines: tuple[SegmentId, ...],
        box: QRect,
    ) -> None:
        panel = WhoPanel(
            session.transcript.speakers,
            self._people,
            track=track,
            segment_ids=lines,
            parent=self,
        )
        panel.answered.connect(self._correct)
        panel.open_at(box)

    @Slot(object)
    def _correct(self, answer: Answer) -> None:
        """Store what the user decided; the session reports it within a second."""
        session = self.session
        if session is None or session.meeting_id is None:
            return
        library, meeting_id = self._kit.context.library, session.meeting_id
        self._kit.tasks.run(
            lambda: take_answer(library, meeting_id, answer), _done, self._show_problem
        )

    def _know_people(self, people: tuple[SpeakerProfile, ...]) -> None:
        self._people = people

    # --- Following a session ---------------------------------------------------------------

    def _begin(self, title: str, point: OperatingPoint) -> LiveSession:
        session = LiveSession(self._kit, title, self)
        self.session = session
        session.state_changed.connect(self._show_state)
        session.models_ready.connect(self._show_models)
        session.health_changed.connect(self._show_health)
        session.transcript_changed.connect(self._announce)
        session.progressed.connect(self._show_progress)
        session.problem_found.connect(self._show_problem)
        session.noticed.connect(self._show_notice)
        session.hold_changed.connect(self._show_hold)
        session.finished.connect(self._ended)
        session.settled.connect(self.settled)
        session.transcript.rowsInserted.connect(self._show_waiting)
        self._kit.tasks.run(self._kit.context.speakers.list, self._know_people, _ignore)
        self.title.setText(title)
        self.transcript.setModel(session.transcript)
        self.transcript.set_live(is_live=True)
        self.progress.hide()
        self._show_lag(0.0)
        self._show_point(point)
        self._show_delay(None, None)
        self.panel.follow(session.transcript)
        self.announcer.begin()
        self._show_state(LiveState.STARTING)
        self.setCurrentIndex(1)
        self.transcript.setFocus(Qt.FocusReason.OtherFocusReason)
        return session

    def _is_current(self) -> bool:
        sender = self.sender()
        return not isinstance(sender, LiveSession) or sender is self.session

    @Slot(object)
    def _show_state(self, state: LiveState) -> None:
        if self.session is None or not self._is_current():
            return
        is_recording = state in (LiveState.STARTING, LiveState.RUNNING)
        texts = {
            LiveState.STARTING: self.tr("Starting…"),
            LiveState.STOPPING: self.tr("Saving the recording…"),
            LiveState.FINISHING: self.tr("Recording saved. Finishing the transcript…"),
        }
        self.status.setText(texts.get(state, ""))
        self.status.setVisible(state in texts)
        self.stop_button.setVisible(is_recording)
        self.stop_button.setEnabled(state is LiveState.RUNNING)
        self._kit.actions[Do.STOP].setEnabled(state is LiveState.RUNNING)
        has_meters = is_recording and not self.session.is_sample
        for stream, meter in self.meters.items():
            meter.setVisible(has_meters)
            self._symbols[stream].setVisible(has_meters)
        self.points.setVisible(is_recording)
        self.points.setEnabled(self.session.can_change_point)
        can_hold = state is LiveState.RUNNING and not self.session.is_sample
        for do in (Do.PAUSE, Do.OFF_RECORD, Do.MARK):
            self._kit.actions[do].setEnabled(can_hold)
        for tool in self._tools:
            tool.setVisible(is_recording and not self.session.is_sample)
        if not is_recording:
            self.marker_bar.end()
        self._show_hold(self.session.hold_reason if can_hold else None)
        self.dot.setVisible(is_recording)
        if is_recording:
            self._clock.start()
        else:
            self._clock.stop()
            self.badge.hide()
            self.delay.hide()
        self._show_waiting()
        self._tick()
        self.running_changed.emit(self.is_running)

    @Slot()
    def _tick(self) -> None:
        if self.session is None:
            return
        self.timer.setText(clock(self.session.elapsed_s))
        for stream, meter in self.meters.items():
            level = self.session.level_dbfs(stream)
            meter.set_level(level)
            if self._clock.isActive() and self.session.state is LiveState.RUNNING:
                is_shown = level is not None and self.session.hold_reason is None
                meter.setVisible(is_shown)
                self._symbols[stream].setVisible(is_shown)

    @Slot(object)
    def _show_hold(self, reason: HoldReason | None) -> None:
        if not self._is_current():
            return
        self._kit.actions[Do.PAUSE].setChecked(reason is HoldReason.PAUSED)
        self._kit.actions[Do.OFF_RECORD].setChecked(reason is HoldReason.OFF_RECORD)
        texts = {
            HoldReason.PAUSED: self.tr("Paused: nothing is recorded"),
            HoldReason.OFF_RECORD: self.tr("Off the record: nothing is recorded"),
        }
        self.held.setVisible(reason is not None)
        if reason is not None:
            self.delay.hide()
        self._tick()
        self.held.setText(texts.get(reason, "") if reason is not None else "")
        self._dress_dot()

    @Slot(int)
    def _use_point(self, index: int) -> None:
        if self.session is not None:
            self.session.use_point(self.points.itemData(index))

    def _show_point(self, point: OperatingPoint) -> None:
        self.points.setCurrentIndex(self.points.findData(point))

    def _show_delay(self, promised_s: float | None, observed_s: float | None) -> None:
        """The delay that is kept, beside the one that is promised; a warning when it is longer."""
        tip = self.points.itemData(self.points.currentIndex(), Qt.ItemDataRole.ToolTipRole)
        self.points.setToolTip(tip)
        if promised_s is None or observed_s is None:
            self.delay.hide()
            return
        tip = self.tr("Final text within %1 s, promised within %2 s")
        tip = tip.replace("%1", f"{observed_s:.1f}").replace("%2", f"{promised_s:.1f}")
        is_kept = round(observed_s, 1) <= promised_s
        self.delay.setProperty("kind", "badge-quiet" if is_kept else "badge")
        self.delay.style().polish(self.delay)
        self.delay.setText(f"{observed_s:.1f} / {promised_s:.1f} s")
        self.delay.set_tip(tip)
        self.delay.setAccessibleName(tip)
        is_held = self.session is not None and self.session.hold_reason is not None
        self.delay.setVisible(self.is_running and not is_held)

    @Slot(object)
    def _show_health(self, health: Health) -> None:
        if not self._is_current():
            return
        self._show_delay(health.promised_s, health.observed_s)
        self.panel.show_health(health)
        self._show_lag(health.lag_s)

    def _show_lag(self, lag_s: float) -> None:
        text = self.tr("behind by %1 s").replace("%1", f"{lag_s:.1f}")
        self.badge.setText(text)
        self.badge.set_tip(
            self.tr("Nothing is lost: the recording is complete, the captions catch up.")
        )
        self.badge.setVisible(lag_s >= BEHIND_FROM_S and self.is_running)

    @Slot(object)
    def _announce(self, change: TranscriptChanged) -> None:
        """Let it be heard while it is live; the final pass is not said again."""
        if self._is_current() and self.is_running:
            self.announcer.take(change)

    @Slot(float, str)
    def _show_progress(self, share: float, _step: str) -> None:
        if self._is_current() and not self.is_running:
            self.progress.setValue(round(share * 1000))
            self.progress.show()

    @Slot(tuple)
    def _show_models(self, models: tuple[ModelUse, ...]) -> None:
        if self._is_current():
            self.panel.show_models(models)
        self._show_waiting()
        self.models_ready.emit()

    @Slot()
    def _show_waiting(self) -> None:
        if self.session is None:
            return
        is_empty = self.session.transcript.rowCount() == 0
        if self.session.are_models_ready:
            text = self.tr("Listening. Words appear here when someone speaks.")
        else:
            text = self.tr("Recording already. Captions follow in a moment, from the start.")
        self.waiting.setText(text)
        self.waiting.setVisible(is_empty)
        self._place_waiting()

    @Slot(object)
    def _show_problem(self, problem: Problem) -> None:
        self._kit.show_problem(problem)

    @Slot(object)
    def _show_notice(self, notice: Notice) -> None:
        self.noticed.emit(notice)

    @Slot(object)
    def _ended(self, meeting_id: object) -> None:
        if not self._is_current():
            return
        self.progress.hide()
        if meeting_id is None:
            self.setCurrentIndex(0)
        self.finished.emit(meeting_id)

    # --- Look ------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Keep the waiting text in the middle of the transcript."""
        if event.type() is QEvent.Type.Resize:
            self._place_waiting()
        return super().eventFilter(watched, event)

    def _place_waiting(self) -> None:
        width = min(460, self.transcript.width() - 40)
        x = (self.transcript.width() - width) // 2
        self.waiting.setGeometry(x, max(0, self.transcript.height() // 2 - 60), width, 80)

    def _dress_dot(self) -> None:
        tokens, icons = self._kit.theme.tokens, self._kit.icons
        is_held = self.session is not None and self.session.hold_reason is not None
        name, colour = ("pause", tokens.muted) if is_held else ("record", tokens.record)
        self.dot.setPixmap(icons.pixmap(name, colour, 22))

    @Slot()
    def _dress(self) -> None:
        tokens, icons = self._kit.theme.tokens, self._kit.icons
        self._dress_dot()
        self.stop_button.setIcon(icons.icon("stop", tokens.on_record))
        for stream, symbol in self._symbols.items():
            name = "mic" if stream is StreamId.MIC else "system"
            symbol.setPixmap(icons.pixmap(name, tokens.muted, 18))


def _done(_result: None) -> None:
    """The session reports what came of it."""


def _ignore(_problem: Problem) -> None:
    """Without the list of people, names are typed in full."""
