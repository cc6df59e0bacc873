"""The main window: puts the views together and moves between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSettings, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QMainWindow,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import Severity
from app.domain.ids import MeetingId
from app.domain.meeting import SearchHit
from app.domain.messages import Notice, NoticeKind
from app.domain.units import Span
from app.services.context import AppContext
from app.services.inbox import MEDIA_SUFFIXES
from app.services.retention import Due
from app.ui.actions import TABLE, Actions, Do
from app.ui.captions.window import CaptionWindow
from app.ui.desktop import Desktop
from app.ui.doctor.view import DoctorDialog
from app.ui.errors import Problem
from app.ui.export.view import ExportDialog
from app.ui.first_steps import Greeter
from app.ui.icons import Icons
from app.ui.kit import Kit
from app.ui.library.deletion import Deletions
from app.ui.library.dropping import FileDrop
from app.ui.library.pending import PendingMeetings
from app.ui.library.view import LibraryView
from app.ui.library.watch import FolderWatch
from app.ui.links import Links
from app.ui.live.view import LiveView
from app.ui.models.view import MissingModels
from app.ui.notifications import Notifications
from app.ui.restore import WindowMemory
from app.ui.review.view import ReviewView
from app.ui.settings.updates import told
from app.ui.settings.view import SettingsView
from app.ui.shortcuts import Shortcuts
from app.ui.speakers.view import PeopleDialog
from app.ui.sweeper import Sweeper
from app.ui.tasks import TaskRunner
from app.ui.theme import Theme, ThemeMode, remember_theme
from app.ui.times import size_text
from app.ui.translation import translated
from app.ui.tray import Tray
from app.ui.updater import Updater
from app.ui.welcome import WelcomeView
from app.ui.widgets.banner import BannerStack

SIDEBAR_PX = 300
URGENT_NOTICES = frozenset(
    {NoticeKind.DISK, NoticeKind.DEVICE_LOST, NoticeKind.SILENT_SOURCE, NoticeKind.MUTED}
)
"""What somebody who looks at another window has to know while a meeting runs."""
NEXT_THEME = {
    ThemeMode.SYSTEM: ThemeMode.LIGHT,
    ThemeMode.LIGHT: ThemeMode.DARK,
    ThemeMode.DARK: ThemeMode.SYSTEM,
}


class MainWindow(QMainWindow):
    """Library at the side; welcome, live or review beside it; banners above."""

    quit_wanted = Signal()

    def __init__(self, context: AppContext, theme: Theme, tasks: TaskRunner) -> None:
        super().__init__()
        self.setWindowTitle("Crosstalk")
        self.setMinimumSize(720, 480)
        self.resize(1180, 760)
        icons = Icons(context.paths.resources_dir / "icons" / "ui")
        self.banners = BannerStack(theme, icons, self)
        state_file = context.paths.data_dir / "window.ini"
        self.memory = QSettings(str(state_file), QSettings.Format.IniFormat)
        actions = Actions(self)
        self.kit = Kit(
            context=context,
            tasks=tasks,
            actions=actions,
            shortcuts=Shortcuts(actions, self.memory, self),
            theme=theme,
            icons=icons,
            show_problem=self.show_problem,
        )
        self.kit.actions.dress(icons, theme.tokens)
        self.library = LibraryView(self.kit, self)
        self.welcome = WelcomeView(self.kit, self)
        self.live = LiveView(self.kit, self)
        self.review = ReviewView(self.kit, self)
        self.settings = SettingsView(self.kit, self)
        self.models = MissingModels(self.kit, self.banners, self)
        self.pending = PendingMeetings(self.kit, self.banners, self)
        self.deletions = Deletions(self.kit, self.banners, self)
        self.captions = CaptionWindow(self.kit, state_file)
        self.tray = Tray(self.kit, self)
        self.notifications = Notifications(self.kit, self.tray, Desktop(), self)
        self.sweeper = Sweeper(self.kit, self)
        self.sweeper.swept.connect(self._tell_swept)
        self.updater = Updater(self.kit, self)
        self.updater.found.connect(lambda release: self.banners.show_text(told(release)))
        self.links = Links(self.kit, self)
        self.drop = FileDrop(self.kit, self.library.imports, self)
        self.watch = FolderWatch(self.kit, self.library.imports, self)
        self._is_closing = False
        self._page_before: QWidget | None = None
        self._build()
        self._connect()
        self.review.update_actions(is_shown=False)
        actions[Do.COPY_LINK].setEnabled(False)
        self.greeter = Greeter(self.kit, self.models, self.memory, self)
        self.greeter.sample_wanted.connect(self.play_sample)
        self.state = WindowMemory(self.memory)
        self.state.restore(self, self.splitter, self.library)
        self._meeting_before = self.state.meeting_id

    def begin(self) -> None:
        """Read the library and look for models; call once the window is up."""
        self.library.list.setFocus()
        self.library.refresh()
        self.models.check()
        self.pending.check()
        self.sweeper.sweep()
        self.updater.look()
        self.watch.take_settings()
        for sentence in self.kit.context.opening_notices:
            self.banners.show_text(translated(sentence), severity=Severity.WARNING)

    # --- Building --------------------------------------------------------------------------

    def _build(self) -> None:
        self.pages = QStackedWidget(self)
        for page in (self.welcome, self.live, self.review, self.settings):
            self.pages.addWidget(page)
        content = QWidget(self)
        content.setProperty("kind", "page")
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banners)
        column.addWidget(self.pages, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.library)
        self.splitter.addWidget(content)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([SIDEBAR_PX, 1180 - SIDEBAR_PX])
        self.setCentralWidget(self.splitter)

    def _connect(self) -> None:
        actions = self.kit.actions
        for spec in TABLE:
            if not spec.is_local:
                self.addAction(actions[spec.do])
        actions[Do.RECORD].triggered.connect(self.show_live)
        actions[Do.IMPORT].triggered.connect(self._choose_files)
        actions[Do.SAMPLE].triggered.connect(self.play_sample)
        actions[Do.PEOPLE].triggered.connect(self.show_people)
        actions[Do.TOGGLE_SIDEBAR].triggered.connect(self._toggle_sidebar)
        actions[Do.CYCLE_THEME].triggered.connect(self._cycle_theme)
        actions[Do.SETTINGS].triggered.connect(self.show_settings)
        actions[Do.DOCTOR].triggered.connect(self.show_doctor)
        actions[Do.FIRST_STEPS].triggered.connect(self.show_first_steps)
        actions[Do.QUIT].triggered.connect(self.close)
        self.kit.theme.changed.connect(self._dress)
        self.kit.tasks.unhandled.connect(self.show_problem)
        self.library.meeting_chosen.connect(self.open_meeting)
        self.library.hit_chosen.connect(self._open_hit)
        self.library.refreshed.connect(self._greet)
        self.library.imports.finished.connect(self._imported)
        self.live.finished.connect(self._live_finished)
        self.live.settled.connect(self.library.refresh)
        self.live.models_ready.connect(self.library.refresh)
        self.live.running_changed.connect(self._show_running)
        self.live.noticed.connect(self._show_notice)
        self.review.export_wanted.connect(self.export_meeting)
        self.review.delete_wanted.connect(self._delete)
        self.deletions.changed.connect(self._hide_deleted)
        self.deletions.undone.connect(self.open_meeting)
        self.review.delete_audio_wanted.connect(self._confirm_delete_audio)
        self.review.refine_wanted.connect(self._refine)
        self.review.library_changed.connect(self.library.refresh)
        self.links.found.connect(self.open_meeting)
        self.links.copied.connect(self.banners.show_text)
        actions[Do.COPY_LINK].triggered.connect(
            lambda: self.links.copy(self.review.document.meeting_id)
        )
        self.review.corrector.told.connect(self.banners.show_text)
        self.review.corrector.over.connect(self.banners.close_text)
        self.pending.finished.connect(self.library.refresh)
        self.pending.completed.connect(self._tell_done)
        self.tray.show_wanted.connect(self.come_back)
        self.notifications.clicked.connect(self.come_back)
        self.settings.closed.connect(self._leave_settings)
        self.settings.changed.connect(self.live.setup.take_settings)
        self.settings.changed.connect(self.watch.take_settings)
        self.settings.changed.connect(self.captions.take_settings)
        actions[Do.CAPTIONS].triggered.connect(self._show_captions)
        actions[Do.LOCK_CAPTIONS].triggered.connect(
            lambda is_on: self.captions.set_locked(is_locked=is_on)
        )
        self.captions.shown_changed.connect(actions[Do.CAPTIONS].setChecked)
        self.captions.lock_changed.connect(actions[Do.LOCK_CAPTIONS].setChecked)

    # --- Moving between pages --------------------------------------------------------------

    @Slot()
    def show_live(self) -> None:
        """Show the running meeting, or ask for a new one."""
        self.live.prepare()
        self._show_page(self.live)
        self.library.select(None)

    @Slot()
    def play_sample(self) -> None:
        """Play the sample meeting through the live transcript."""
        self.live.play_sample()
        self._show_page(self.live)
        self.library.select(None)

    @Slot()
    def show_settings(self) -> None:
        """Show the settings; pressed again, what was there before."""
        if self.pages.currentWidget() is self.settings:
            self._leave_settings()
            return
        self._page_before = self.pages.currentWidget()
        self._show_page(self.settings)
        self.settings.open()

    @Slot()
    def _leave_settings(self) -> None:
        self._show_page(self._page_before or self.welcome)

    @Slot(object)
    def open_meeting(self, meeting_id: MeetingId) -> None:
        """Show a stored meeting; the one that is running goes to the live page."""
        session = self.live.session
        if session is not None and self.live.is_running and session.meeting_id == meeting_id:
            self._show_page(self.live)
            return
        self.review.open(meeting_id)
        self._show_page(self.review)
        self.library.select(meeting_id)

    @Slot(object, tuple)
    def _open_hit(self, hit: SearchHit, terms: tuple[str, ...]) -> None:
        self.review.open(
            hit.meeting_id, at_s=hit.span.start_s, segment_id=hit.segment_id, terms=terms
        )
        self._show_page(self.review)

    def _show_page(self, page: QWidget) -> None:
        if page is not self.review:
            self.review.player.stop()
        self.pages.setCurrentWidget(page)
        self.review.update_actions(is_shown=page is self.review)
        self.kit.actions[Do.COPY_LINK].setEnabled(page is self.review)

    # --- Messages --------------------------------------------------------------------------

    @Slot(object)
    def show_problem(self, problem: Problem) -> None:
        """Show a problem as a banner."""
        self.banners.show_text(problem.text, severity=problem.severity)
        if problem.severity is not Severity.WARNING:
            self.notifications.tell("problem", problem.text)

    @Slot(object)
    def _show_notice(self, notice: Notice) -> None:
        text = translated(notice.text)
        self.banners.show_text(text, severity=Severity.WARNING)
        if notice.kind in URGENT_NOTICES:
            self.notifications.tell(f"notice-{notice.kind}", text)

    @Slot(str)
    def _tell_done(self, text: str) -> None:
        """Say that long work has ended."""
        self.banners.show_text(text)
        self.notifications.tell("done", text)

    # --- Meetings --------------------------------------------------------------------------

    @Slot()
    def _greet(self) -> None:
        self.welcome.show_state(is_empty=not self.library.meetings)
        self.greeter.look(is_empty=not self.library.meetings)
        before, self._meeting_before = self._meeting_before, None
        known = {summary.meeting.meeting_id for summary in self.library.meetings}
        if before in known and self.pages.currentWidget() is self.welcome:
            self.open_meeting(before)

    @Slot(object)
    def _live_finished(self, meeting_id: MeetingId | None) -> None:
        self.library.refresh()
        if meeting_id is not None and self.live.session is not None:
            text = self.tr("The transcript of “%1” is finished.")
            self.notifications.tell("done", text.replace("%1", self.live.session.title))
        if meeting_id is not None and self.pages.currentWidget() is self.live:
            self.open_meeting(meeting_id)

    @Slot(bool)
    def _show_running(self, is_running: bool) -> None:
        record = self.kit.actions[Do.RECORD]
        text = self.tr("Show recording") if is_running else self.tr("New recording")
        record.setText(text)
        self.library.show_running(is_running=is_running)
        if self.live.session is not None:
            self.captions.follow(self.live.session.transcript)
        self.kit.actions[Do.SAMPLE].setEnabled(not is_running)
        self.tray.show_running(is_running=is_running)
        self.library.refresh()

    @Slot()
    def show_people(self) -> None:
        """Open the people dialog; voices of the meeting that is shown can be enrolled there."""
        is_review = self.pages.currentWidget() is self.review
        transcript = self.review.document.transcript if is_review else None
        dialog = PeopleDialog(self.kit, transcript, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if transcript is not None:
            dialog.enroll.enrolled.connect(self.review.document.reload)
        dialog.open()

    @Slot()
    def show_doctor(self) -> None:
        """Check whether everything is ready for a meeting; not while one is recorded."""
        if self._are_devices_free():
            dialog = DoctorDialog(self.kit, self)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()
            dialog.run()

    @Slot()
    def show_first_steps(self) -> None:
        """Open the first steps again; not while a meeting is recorded."""
        if self._are_devices_free():
            self.greeter.show()

    def _are_devices_free(self) -> bool:
        if self.live.is_running:
            self.banners.show_text(self.tr("Stop the recording first; its devices are in use."))
        return not self.live.is_running

    @Slot(bool)
    def _show_captions(self, is_on: bool) -> None:
        self.captions.setVisible(is_on)
        if is_on and (warning := self.captions.warning):
            self.banners.show_text(warning)

    @Slot(object, str)
    def export_meeting(self, meeting_id: MeetingId, title: str) -> None:
        """Open the export dialog."""
        known = (summary.meeting for summary in self.library.meetings)
        meeting = next((m for m in known if m.meeting_id == meeting_id), None)
        dialog = ExportDialog(self.kit, meeting_id, title, self, meeting=meeting)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.exported.connect(self._exported)
        dialog.open()

    @Slot(object)
    def _exported(self, path: Path) -> None:
        self.banners.show_text(self.tr("Saved as %1").replace("%1", str(path)))

    @Slot(object, str)
    def _delete(self, meeting_id: MeetingId, title: str) -> None:
        """Let a meeting go; for a moment it can be had back."""
        self._leave_meeting()
        self.deletions.delete(meeting_id, title)

    def _leave_meeting(self) -> None:
        self.review.close_meeting()
        self._show_page(self.welcome)
        self.library.select(None)

    @Slot()
    def _hide_deleted(self) -> None:
        self.library.hide_meetings(self.deletions.hidden)

    @Slot(object, str)
    def _confirm_delete_audio(self, meeting_id: MeetingId, title: str) -> None:
        self._confirm(
            self.tr("Delete audio"),
            self.tr("Delete the audio of “%1”?").replace("%1", title),
            self.tr("Its text stays, but nobody can listen to it or transcribe it again."),
            self.tr("Delete audio"),
            lambda: self._delete_audio(meeting_id),
        )

    def _confirm(
        self, title: str, question: str, what_follows: str, verb: str, go: Callable[[], None]
    ) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(title)
        box.setText(question)
        box.setInformativeText(what_follows)
        delete = box.addButton(verb, QMessageBox.ButtonRole.DestructiveRole)
        delete.setProperty("kind", "danger")
        cancel = box.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        delete.clicked.connect(go)
        box.open()

    def _delete_audio(self, meeting_id: MeetingId) -> None:
        retention = self.kit.context.retention
        self.review.player.stop()
        self.kit.tasks.run(lambda: retention.delete_audio(meeting_id), self._audio_deleted)

    def _audio_deleted(self, size_bytes: int) -> None:
        text = self.tr("The audio is deleted, %1 are free again. The text stays.")
        self.banners.show_text(text.replace("%1", size_text(size_bytes)))
        self.review.document.reload()
        self.library.refresh()

    @Slot(object)
    def _tell_swept(self, found: Due) -> None:
        text = self.tr("As the settings say, %1 old meetings and the audio of %2 are deleted.")
        text = text.replace("%1", str(len(found.meetings))).replace("%2", str(len(found.audio)))
        self.banners.show_text(text)
        self.library.refresh()
        opened = self.review.document.meeting_id
        if any(meeting.meeting_id == opened for meeting in found.meetings):
            self._leave_meeting()
        elif any(meeting.meeting_id == opened for meeting in found.audio):
            self.review.document.reload()

    @Slot(object, object)
    def _refine(self, meeting_id: MeetingId, part: Span | None) -> None:
        service = self.kit.context.transcribing
        self.banners.show_text(
            self.tr("The final pass runs again in the background. Your corrections stay.")
            if part is None
            else self.tr("The selection is transcribed again. Lines you corrected stay.")
        )
        self.kit.tasks.run_long(
            lambda cancel: service.refine(meeting_id, lambda _event: None, cancel, part=part),
            lambda _nothing: self._refined(),
        )

    def _refined(self) -> None:
        self._tell_done(self.tr("The transcript is refined."))
        self.review.document.reload()
        self.library.refresh()

    # --- Imports ---------------------------------------------------------------------------

    @Slot()
    def _choose_files(self) -> None:
        patterns = " ".join(f"*.{suffix}" for suffix in MEDIA_SUFFIXES)
        names, _filter = QFileDialog.getOpenFileNames(
            self,
            self.tr("Import audio or video"),
            "",
            self.tr("Audio and video") + f" ({patterns});;" + self.tr("All files") + " (*)",
        )
        self.library.imports.add([Path(name) for name in names])

    @Slot(object)
    def _imported(self, meeting_id: MeetingId | None) -> None:
        if meeting_id is not None and not self.library.imports.jobs:
            self.notifications.tell("done", self.tr("All imported files are transcribed."))
        if meeting_id is not None and self.pages.currentWidget() is self.welcome:
            self.open_meeting(meeting_id)

    # --- Closing ---------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Close at once when nothing runs; else ask."""
        if self._is_closing or not self.live.is_running:
            self.review.player.stop()
            self.deletions.finish()
            self.tray.hide()
            self.captions.close()
            is_review = self.pages.currentWidget() is self.review
            self.state.remember(
                self,
                self.splitter,
                has_sidebar=not self.library.isHidden(),
                meeting_id=self.review.document.meeting_id if is_review else None,
            )
            event.accept()
            self.quit_wanted.emit()
            return
        event.ignore()
        self._ask_before_closing()

    def _ask_before_closing(self) -> None:
        box = QMessageBox(self)
        box.setWindowTitle(self.tr("A meeting is being recorded"))
        box.setText(self.tr("A meeting is being recorded."))
        box.setInformativeText(self.tr("What was recorded so far is safe in any case."))
        if self.tray.is_available:
            keep = box.addButton(
                self.tr("Keep recording in the tray"), QMessageBox.ButtonRole.AcceptRole
            )
            keep.clicked.connect(self.hide)
        stop = box.addButton(self.tr("Stop and close"), QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        stop.clicked.connect(self._stop_and_close)
        box.open()

    @Slot()
    def _stop_and_close(self) -> None:
        self._is_closing = True
        session = self.live.session
        if session is None or not self.live.is_running:
            self.close()
            return
        session.state_changed.connect(self._close_when_saved)
        session.stop()

    @Slot(object)
    def _close_when_saved(self, _state: object) -> None:
        if not self.live.is_running:
            self.close()

    @Slot()
    def come_back(self) -> None:
        """Show the window in front of the others."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    # --- Look ------------------------------------------------------------------------------

    @Slot()
    def _toggle_sidebar(self) -> None:
        self.library.setVisible(not self.library.isVisible())

    @Slot()
    def _cycle_theme(self) -> None:
        mode = NEXT_THEME[self.kit.theme.mode]
        self.kit.theme.set_mode(mode)
        self.kit.tasks.run(lambda: remember_theme(self.kit.context, mode))

    @Slot()
    def _dress(self) -> None:
        self.kit.actions.dress(self.kit.icons, self.kit.theme.tokens)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for a list and a comfortable column of text."""
        return QSize(1180, 760)
