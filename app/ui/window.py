"""The main window: puts the views together and moves between them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.ids import MeetingId
from app.domain.meeting import SearchHit
from app.domain.units import Span
from app.services.context import AppContext
from app.services.inbox import MEDIA_SUFFIXES
from app.services.retention import Due
from app.ui.actions import TABLE, Actions, Do
from app.ui.closing import Closing
from app.ui.greeter import Greeter
from app.ui.icons import Icons
from app.ui.keytips import KeyTips
from app.ui.kit import Kit
from app.ui.library.deletion import Deletions
from app.ui.library.dropping import FileDrop
from app.ui.library.pending import PendingMeetings
from app.ui.library.view import LibraryView
from app.ui.library.watch import FolderWatch
from app.ui.links import Links
from app.ui.messages import Messages
from app.ui.models.view import MissingModels
from app.ui.parts import Parts, mark_part
from app.ui.questions import ask_to_delete_audio
from app.ui.restore import WindowMemory
from app.ui.shortcuts import Shortcuts
from app.ui.sweeper import Sweeper
from app.ui.tab_order import move_focus
from app.ui.tasks import TaskRunner
from app.ui.theme import Theme, ThemeMode, remember_theme
from app.ui.updater import Updater
from app.ui.welcome import WelcomeView
from app.ui.widgets.banner import BannerStack

if TYPE_CHECKING:  # built when first needed
    from app.domain.remote import Order
    from app.ui.captions.window import CaptionWindow
    from app.ui.live.view import LiveView
    from app.ui.notifications import Notifications
    from app.ui.remote import Remote, Reply
    from app.ui.review.view import ReviewView
    from app.ui.settings.view import SettingsView
    from app.ui.tray import Tray

SIDEBAR_PX = 300
AFTER_LIST_MS = 150
"""Lets the list be painted before a start does anything else."""
BETWEEN_PARTS_MS = 10
"""Lets keys, clicks and paints get in between."""
NEXT_THEME = {
    ThemeMode.SYSTEM: ThemeMode.LIGHT,
    ThemeMode.LIGHT: ThemeMode.DARK,
    ThemeMode.DARK: ThemeMode.SYSTEM,
}


class MainWindow(QMainWindow):
    """Library at the side; welcome, live or review beside it; banners above.

    A page is built when it is first needed, or soon after the meetings are listed: a start waits
    for what it shows.
    """

    quit_wanted = Signal()
    completed = Signal()
    """Every page is built."""

    def __init__(self, context: AppContext, theme: Theme, tasks: TaskRunner) -> None:
        super().__init__()
        self.setWindowTitle("Crosstalk")
        self.setMinimumSize(720, 480)
        self.resize(1180, 760)
        icons = Icons(context.paths.resources_dir / "icons" / "ui")
        self.banners = BannerStack(theme, icons, self)
        self.messages = Messages(self.banners, self._notify, self)
        self._state_file = context.paths.data_dir / "window.ini"
        self.memory = QSettings(str(self._state_file), QSettings.Format.IniFormat)
        actions = Actions(self)
        self.kit = Kit(
            context=context,
            tasks=tasks,
            actions=actions,
            shortcuts=Shortcuts(actions, self.memory, self),
            theme=theme,
            icons=icons,
            show_problem=self.messages.show_problem,
        )
        self.kit.actions.dress(icons, theme.tokens)
        self.key_tips = KeyTips(theme, self)
        self.parts = Parts(actions, self)
        self.banners.close_with(actions[Do.CLOSE_MESSAGE])
        mark_part(self.banners)
        self.library = LibraryView(self.kit, self)
        self.welcome = WelcomeView(self.kit, self)
        self.models = MissingModels(self.kit, self.banners, self)
        self.pending = PendingMeetings(self.kit, self.banners, self)
        self.deletions = Deletions(self.kit, self.banners, self)
        self.sweeper = Sweeper(self.kit, self)
        self.sweeper.swept.connect(self._tell_swept)
        self.updater = Updater(self.kit, self)
        self.updater.found.connect(self.messages.tell_release)
        self.links = Links(self.kit, self)
        self.drop = FileDrop(self.kit, self.library.imports, self)
        self.watch = FolderWatch(self.kit, self.library.imports, self)
        self._closing = Closing(
            self, self.memory, lambda: self.live, lambda: self.tray.is_available
        )
        self._page_before: QWidget | None = None
        self._parts = iter(
            (
                lambda: self.review,
                lambda: self.live,
                lambda: self.captions,
                lambda: self.settings,
                lambda: self.notifications,
            )
        )
        self._after_list = QTimer(self)
        self._after_list.setSingleShot(True)
        self._after_list.setInterval(AFTER_LIST_MS)
        self._after_list.timeout.connect(self._look_around)
        self._next_part = QTimer(self)
        self._next_part.setSingleShot(True)
        self._next_part.setInterval(BETWEEN_PARTS_MS)
        self._next_part.timeout.connect(self._build_next)
        self._build()
        self._connect()
        self.greeter = Greeter(self.kit, self.models, self.memory, self)
        self.greeter.sample_wanted.connect(self.play_sample)
        self.state = WindowMemory(self.memory)
        self.state.restore(self, self.splitter, self.library)

    def begin(self) -> None:
        """Read the library, then look around; call once the window is up."""
        self.library.list.setFocus()
        self.messages.show_opening(self.kit.context.opening_notices)
        self.library.settled.connect(self._after_list.start, Qt.ConnectionType.SingleShotConnection)
        self.library.refresh()

    @Slot()
    def _look_around(self) -> None:
        """What a start does once the meetings are listed."""
        known = {summary.meeting.meeting_id for summary in self.library.meetings}
        before = self.state.meeting_id
        if before in known and self.pages.currentWidget() is self.welcome:
            self.open_meeting(before)
        self.models.check()
        self.pending.check()
        self.sweeper.sweep()
        self.updater.look()
        self.watch.take_settings()
        self.kit.tasks.run(self.kit.context.library.open_stores)
        self._next_part.start()

    @Slot()
    def _build_next(self) -> None:
        """Build one part that nobody has needed yet; keys and clicks get in between."""
        part = next(self._parts, None)
        if part is None:
            self.completed.emit()
        else:
            part()
            self._next_part.start()

    # --- Building --------------------------------------------------------------------------

    def _build(self) -> None:
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self.welcome)
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
        actions[Do.QUIT].triggered.connect(self._closing.quit)
        self.kit.theme.changed.connect(self._dress)
        self.kit.tasks.unhandled.connect(self.messages.show_problem)
        self.library.meeting_chosen.connect(self.open_meeting)
        self.library.hit_chosen.connect(self._open_hit)
        self.library.refreshed.connect(self._greet)
        self.library.imports.finished.connect(self._imported)
        self.deletions.changed.connect(self._hide_deleted)
        self.deletions.undone.connect(self.open_meeting)
        self.links.found.connect(self.open_meeting)
        self.links.copied.connect(self.banners.show_text)
        actions[Do.COPY_LINK].triggered.connect(
            lambda: self.links.copy(self.review.document.meeting_id)
        )
        self.pending.finished.connect(self.library.refresh)
        self.pending.completed.connect(self.messages.tell_done)
        actions[Do.CAPTIONS].triggered.connect(self._show_captions)
        actions[Do.LOCK_CAPTIONS].triggered.connect(
            lambda is_on: self.captions.set_locked(is_locked=is_on)
        )

    # --- Parts that are built when they are needed -----------------------------------------

    @cached_property
    def live(self) -> LiveView:
        """The page of a running meeting."""
        from app.ui.live.view import LiveView

        page = LiveView(self.kit, self)
        self.pages.addWidget(page)
        page.finished.connect(self._live_finished)
        page.settled.connect(self.library.refresh)
        page.models_ready.connect(self.library.refresh)
        page.running_changed.connect(self._show_running)
        page.noticed.connect(self.messages.show_notice)
        return page

    @cached_property
    def review(self) -> ReviewView:
        """The page of a stored meeting."""
        from app.ui.review.view import ReviewView

        page = ReviewView(self.kit, self)
        self.pages.addWidget(page)
        page.export_wanted.connect(self.export_meeting)
        page.delete_wanted.connect(self._delete)
        page.delete_audio_wanted.connect(self._ask_about_audio)
        page.refine_wanted.connect(self._refine)
        page.library_changed.connect(self.library.refresh)
        page.corrector.told.connect(self.banners.show_text)
        page.corrector.over.connect(self.banners.close_text)
        page.update_actions(is_shown=False)
        return page

    @cached_property
    def settings(self) -> SettingsView:
        """The page of the settings."""
        from app.ui.settings.view import SettingsView

        page = SettingsView(self.kit, self)
        self.pages.addWidget(page)
        page.closed.connect(self._leave_settings)
        page.changed.connect(self._take_settings)
        return page

    @cached_property
    def captions(self) -> CaptionWindow:
        """The window of captions over other windows."""
        from app.ui.captions.window import CaptionWindow

        captions = CaptionWindow(self.kit, self._state_file)
        actions = self.kit.actions
        captions.shown_changed.connect(actions[Do.CAPTIONS].setChecked)
        captions.lock_changed.connect(actions[Do.LOCK_CAPTIONS].setChecked)
        return captions

    @cached_property
    def tray(self) -> Tray:
        """The icon that is shown while a meeting runs."""
        from app.ui.tray import Tray

        tray = Tray(self.kit, self)
        tray.show_wanted.connect(self.come_back)
        return tray

    @cached_property
    def notifications(self) -> Notifications:
        """What is said on the desktop."""
        from app.ui.desktop import Desktop
        from app.ui.notifications import Notifications

        notifications = Notifications(self.kit, self.tray, Desktop(), self)
        notifications.clicked.connect(self.come_back)
        return notifications

    @cached_property
    def _remote(self) -> Remote:
        from app.ui.remote import Remote

        return Remote(self.live, self.show_live, self)

    def _notify(self, notice_id: str, text: str) -> None:
        self.notifications.tell(notice_id, text)

    @Slot(object, object)
    def obey(self, order: Order, reply: Reply) -> None:
        """Carry out an order from outside; `reply` is called at once or later."""
        self._remote.obey(order, reply)

    @Slot()
    def _take_settings(self) -> None:
        self.live.setup.take_settings()
        self.watch.take_settings()
        self.captions.take_settings()

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

    # --- Meetings --------------------------------------------------------------------------

    @Slot()
    def _greet(self) -> None:
        self.welcome.show_state(is_empty=not self.library.meetings)
        self.greeter.look(is_empty=not self.library.meetings)

    @Slot(object)
    def _live_finished(self, meeting_id: MeetingId | None) -> None:
        self.library.refresh()
        if meeting_id is not None and self.live.session is not None:
            self.messages.tell_finished(self.live.session.title)
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
        from app.ui.speakers.view import PeopleDialog

        dialog = PeopleDialog(self.kit, transcript, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if transcript is not None:
            dialog.enroll.enrolled.connect(self.review.document.reload)
        dialog.open()

    @Slot()
    def show_doctor(self) -> None:
        """Check whether everything is ready for a meeting; not while one is recorded."""
        if self._are_devices_free():
            from app.ui.doctor.view import DoctorDialog

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
        from app.ui.export.view import ExportDialog

        known = (summary.meeting for summary in self.library.meetings)
        meeting = next((m for m in known if m.meeting_id == meeting_id), None)
        dialog = ExportDialog(self.kit, meeting_id, title, self, meeting=meeting)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.exported.connect(self.messages.tell_exported)
        dialog.open()

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
    def _ask_about_audio(self, meeting_id: MeetingId, title: str) -> None:
        ask_to_delete_audio(self, title, lambda: self._delete_audio(meeting_id))

    def _delete_audio(self, meeting_id: MeetingId) -> None:
        retention = self.kit.context.retention
        self.review.player.stop()
        self.kit.tasks.run(lambda: retention.delete_audio(meeting_id), self._audio_deleted)

    def _audio_deleted(self, size_bytes: int) -> None:
        self.messages.tell_audio_deleted(size_bytes)
        self.review.document.reload()
        self.library.refresh()

    @Slot(object)
    def _tell_swept(self, found: Due) -> None:
        self.messages.tell_swept(found)
        self.library.refresh()
        opened = self.review.document.meeting_id
        if any(meeting.meeting_id == opened for meeting in found.meetings):
            self._leave_meeting()
        elif any(meeting.meeting_id == opened for meeting in found.audio):
            self.review.document.reload()

    @Slot(object, object)
    def _refine(self, meeting_id: MeetingId, part: Span | None) -> None:
        service = self.kit.context.transcribing
        self.messages.tell_refining(is_part=part is not None)
        self.kit.tasks.run_long(
            lambda cancel: service.refine(meeting_id, lambda _event: None, cancel, part=part),
            lambda _nothing: self._refined(),
        )

    def _refined(self) -> None:
        self.messages.tell_refined()
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
            self.messages.tell_imported()
        if meeting_id is not None and self.pages.currentWidget() is self.welcome:
            self.open_meeting(meeting_id)

    # --- Closing ---------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Close at once when nothing runs."""
        if not self._closing.may_close():
            event.ignore()
            return
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

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802
        """Go on as the layouts order the controls."""
        return move_focus(self, is_next=is_next)

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
