"""Imports: one file after the other, each with progress and cancel."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.ids import MeetingId, StreamId
from app.services.events import MeetingEvent, Progressed
from app.services.inbox import MEDIA_SUFFIXES
from app.ui.bridge import EventBridge
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.tasks import Task
from app.ui.translation import translated
from app.ui.widgets.elided import ElidedLabel


class ImportJob(QObject):
    """One file on its way into the library."""

    progressed = Signal(float, str)
    """Share in [0, 1] and a step in words."""
    ended = Signal()
    """Nothing more to show: done, failed or cancelled."""
    settled = Signal()
    """The work behind it has ended, a little later than a cancel."""

    def __init__(self, kit: Kit, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.meeting_id: MeetingId | None = None
        self._kit = kit
        self._task: Task | None = None
        self._bridge = EventBridge()
        self._bridge.setParent(self)
        self._bridge.arrived.connect(self._take)

    def start(self) -> None:
        """Begin to transcribe."""
        from app.services.transcribing import TranscribeRequest

        request = TranscribeRequest(inputs={StreamId.MIX: self.path}, title=self.path.stem)
        service, post = self._kit.context.transcribing, self._bridge.post

        def work(cancel: threading.Event) -> MeetingId:
            return service.transcribe(request, post, cancel)

        self._task = self._kit.tasks.run_long(work, self._done, self._failed, self.settled.emit)

    @property
    def is_started(self) -> bool:
        """Whether it runs, or has run."""
        return self._task is not None

    @Slot()
    def cancel(self) -> None:
        """Stop; what was transcribed is kept."""
        if self._task is not None:
            self._task.cancel()
        self.ended.emit()

    def _done(self, meeting_id: MeetingId) -> None:
        self.meeting_id = meeting_id
        self.ended.emit()

    def _failed(self, problem: Problem) -> None:
        self._kit.show_problem(problem)
        self.ended.emit()

    @Slot(tuple)
    def _take(self, events: tuple[MeetingEvent, ...]) -> None:
        for event in events:
            if isinstance(event, Progressed):
                self.progressed.emit(event.share, translated(event.step))


class ImportQueue(QObject):
    """Runs jobs one at a time: two at once would only slow each other down."""

    added = Signal(object)
    changed = Signal()
    """The library may hold something new."""
    queued = Signal()
    """There is more or less to do, or it is paused or goes on."""
    finished = Signal(object)
    """The meeting's id, or None if the import failed or was cancelled."""

    def __init__(self, kit: Kit, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._jobs: list[ImportJob] = []
        self._is_paused = False

    @property
    def is_paused(self) -> bool:
        """Whether what waits goes on waiting."""
        return self._is_paused

    @property
    def jobs(self) -> tuple[ImportJob, ...]:
        """What runs and what waits, in order."""
        return tuple(self._jobs)

    def add(self, paths: Sequence[Path]) -> tuple[ImportJob, ...]:
        """Queue files; returns their jobs, in order."""
        jobs = []
        for path in paths:
            job = ImportJob(self._kit, path, self)
            job.ended.connect(partial(self._forget, job))
            job.settled.connect(self.changed)
            self._jobs.append(job)
            jobs.append(job)
            self.added.emit(job)
            self._start_next()
        self.queued.emit()
        return tuple(jobs)

    def set_paused(self, *, is_paused: bool) -> None:
        """Let nothing new begin; what runs is finished."""
        self._is_paused = is_paused
        self._start_next()
        self.queued.emit()

    @Slot()
    def cancel_all(self) -> None:
        """Cancel what runs and what waits."""
        for job in reversed(self._jobs):
            job.cancel()

    def _start_next(self) -> None:
        if self._jobs and not self._jobs[0].is_started and not self._is_paused:
            self._jobs[0].start()

    def _forget(self, job: ImportJob) -> None:
        if job not in self._jobs:
            return
        self._jobs.remove(job)
        self.finished.emit(job.meeting_id)
        if job.is_started:
            job.settled.connect(job.deleteLater)
        else:
            job.deleteLater()
        self._start_next()
        self.queued.emit()


class QueueBar(QWidget):
    """Above the cards when several files wait: how many, pause, cancel all."""

    def __init__(self, kit: Kit, imports: ImportQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._imports = imports
        self.count = QLabel(self)
        self.count.setProperty("kind", "small")
        self.pause = QPushButton(self)
        self.pause.clicked.connect(self._toggle)
        self.cancel = QPushButton(self.tr("Cancel all"), self)
        self.cancel.setAccessibleName(self.tr("Cancel all imports"))
        self.cancel.setToolTip(self.tr("What was transcribed is kept"))
        self.cancel.clicked.connect(imports.cancel_all)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.pause, 1)
        row.addWidget(self.cancel, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.count)
        box.addLayout(row)
        imports.queued.connect(self._show)
        self._show()

    @Slot()
    def _toggle(self) -> None:
        self._imports.set_paused(is_paused=not self._imports.is_paused)

    @Slot()
    def _show(self) -> None:
        is_paused, jobs = self._imports.is_paused, self._imports.jobs
        waiting = sum(not job.is_started for job in jobs)
        text = self.tr("%1 waiting, paused") if is_paused else self.tr("%1 waiting")
        self.count.setText(text.replace("%1", str(waiting)))
        self.pause.setText(self.tr("Go on") if is_paused else self.tr("Pause"))
        self.pause.setAccessibleName(self.pause.text())
        self.pause.setToolTip(
            self.tr("Transcribe the files that wait")
            if is_paused
            else self.tr("Finish the file that runs and begin no other one")
        )
        self.setVisible(waiting > 0)


class ImportCard(QFrame):
    """One job in the list's foot: name, step, bar, cancel."""

    def __init__(self, kit: Kit, job: ImportJob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.job = job
        self.name = ElidedLabel(job.path.name, self)
        self.step = QLabel(self.tr("Waiting"), self)
        self.step.setProperty("kind", "small")
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        name = self.tr("Import of %1").replace("%1", job.path.name)
        self.bar.setAccessibleName(name)
        self.bar.setAccessibleDescription(self.tr("How much of the file is transcribed"))
        self.cancel = QToolButton(self)
        self.cancel.setProperty("kind", "flat")
        self.cancel.setText(self.tr("Cancel"))
        self.cancel.setAccessibleName(self.tr("Cancel import of %1").replace("%1", job.path.name))
        self.cancel.setToolTip(self.tr("Cancel; what was transcribed is kept"))
        self.cancel.clicked.connect(job.cancel)
        job.progressed.connect(self._show)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.name)
        texts.addWidget(self.step)
        row = QHBoxLayout()
        row.addLayout(texts, 1)
        row.addWidget(self.cancel)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 8, 6, 10)
        box.setSpacing(6)
        box.addLayout(row)
        box.addWidget(self.bar)

    @Slot(float, str)
    def _show(self, share: float, step: str) -> None:
        self.bar.setValue(round(share * 1000))
        percent = f"{round(share * 100)} %"
        self.step.setText(f"{step.capitalize()} · {percent}" if step else percent)


def media_files(paths: Sequence[Path]) -> list[Path]:
    """Those of `paths` that can be imported; folders give the media files directly inside."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [p for p in inside if p.suffix.lower().lstrip(".") in MEDIA_SUFFIXES]
    return found
