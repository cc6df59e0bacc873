"""Runs the window: application, last-resort error hooks, staged quit. Loads no model."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    Qt,
    QTimer,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app.domain.ids import MeetingId
from app.services.context import AppContext
from app.ui.collector import calm_collector
from app.ui.errors import Problem, problem_of
from app.ui.single import SingleInstance
from app.ui.tasks import TaskRunner
from app.ui.theme import Theme, remembered_theme
from app.ui.translation import speak
from app.ui.window import MainWindow

log = logging.getLogger(__name__)

JOIN_TIMEOUT_S = 10.0

_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def run(
    context: AppContext,
    *,
    demo: bool,
    meeting_id: MeetingId | None = None,
    watch: Callable[[MainWindow], None] | None = None,
) -> int:
    """Show the window until the user closes it; main thread.

    Args:
        demo: Play the sample meeting at once.
        meeting_id: Open this meeting, in the window that is open already if there is one.
        watch: Gets the window before it is shown; for benches.

    Returns:
        The exit code.
    """
    qInstallMessageHandler(_log_qt_message)
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setApplicationName("crosstalk")
    application.setApplicationDisplayName("Crosstalk")
    application.setDesktopFileName("org.crosstalk.Crosstalk")
    application.setQuitOnLastWindowClosed(False)
    application.setWindowIcon(QIcon(str(context.paths.resources_dir / "icons" / "crosstalk.svg")))
    single = SingleInstance(context.paths.data_dir)
    if not single.claim(meeting_id):
        log.info("the window is open already and was called to the front")
        qInstallMessageHandler(None)
        return 0
    spoken = speak(
        application,
        context.paths.resources_dir / "translations",
        context.settings.window.language,
    )
    look = context.settings.window
    theme = Theme(application, remembered_theme(context), look.text_percent, look.density)
    tasks = TaskRunner()
    window = MainWindow(context, theme, tasks)
    hooks = ErrorHooks(window)
    quitter = Quitter(application, tasks)
    window.quit_wanted.connect(quitter.quit)
    single.called.connect(window.come_back)
    single.open_wanted.connect(window.links.open)
    single.ordered.connect(window.obey)
    if watch is not None:
        watch(window)
    window.show()
    window.greeter.is_waiting = not demo and meeting_id is None
    QTimer.singleShot(0, window.begin)
    if meeting_id is not None:
        QTimer.singleShot(0, lambda: window.links.open(meeting_id))
    if demo:
        QTimer.singleShot(0, window.play_sample)
    try:
        with calm_collector() as settle:
            window.completed.connect(settle)
            return application.exec()
    finally:
        single.release()
        for translator in spoken:
            application.removeTranslator(translator)
        hooks.uninstall()
        tasks.close(JOIN_TIMEOUT_S)
        qInstallMessageHandler(None)


class ErrorHooks(QObject):
    """Exceptions that nothing caught are logged and shown; the window lives on."""

    _caught = Signal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self._caught.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._old_hook, self._old_thread_hook = sys.excepthook, threading.excepthook
        sys.excepthook = self._take
        threading.excepthook = self._take_from_thread

    def uninstall(self) -> None:
        """Put the old hooks back."""
        sys.excepthook, threading.excepthook = self._old_hook, self._old_thread_hook

    def _take(
        self,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._old_hook(kind, error, traceback)
            return
        log.error("uncaught exception", exc_info=(kind, error, traceback))
        self._caught.emit(problem_of(error))

    def _take_from_thread(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self._take(caught.exc_type, caught.exc_value, caught.exc_traceback)

    @Slot(object)
    def _show(self, problem: Problem) -> None:
        self._window.messages.show_problem(problem)


class Quitter(QObject):
    """Quits in stages, each in its own turn of the event loop, so that none runs inside another."""

    def __init__(self, application: QApplication, tasks: TaskRunner) -> None:
        super().__init__()
        self._application = application
        self._tasks = tasks
        self._is_quitting = False

    @Slot()
    def quit(self) -> None:
        """Begin to quit; harmless when it has begun."""
        if not self._is_quitting:
            self._is_quitting = True
            QTimer.singleShot(0, self._close_tasks)

    @Slot()
    def _close_tasks(self) -> None:
        self._tasks.close(timeout_s=0.0)
        QTimer.singleShot(0, self._exit)

    @Slot()
    def _exit(self) -> None:
        self._application.exit(0)


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    log.log(_QT_LEVELS.get(kind, logging.WARNING), "Qt: %s", message)
