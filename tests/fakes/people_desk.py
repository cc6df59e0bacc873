"""The window's shared parts over real services on fakes: for dialogs that enroll voices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QApplication

from app.ui.actions import Actions
from app.ui.errors import Problem
from app.ui.icons import Icons
from app.ui.kit import Kit
from app.ui.shortcuts import Shortcuts
from app.ui.tasks import TaskRunner
from app.ui.theme import Theme, ThemeMode
from tests.fakes.audio import write_audio
from tests.fakes.program import FakeProgram

ADA, BOB = 1000, 2000


class PeopleDesk:
    """A program whose engine tells two voices by their sample value, and a kit over it."""

    def __init__(self, folder: Path, application: QApplication) -> None:
        self.folder = folder
        self.program = FakeProgram(folder)
        self.program.engine.embeddings = {ADA: (1.0, 0.0), BOB: (0.0, 1.0)}
        self.program.backend.samples = np.full(32_000, ADA / 32767, dtype=np.float32)
        self.problems: list[Problem] = []
        self.tasks = TaskRunner()
        self.parent = QObject()
        actions = Actions(self.parent)
        memory = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        self.kit = Kit(
            context=self.program.context,
            tasks=self.tasks,
            actions=actions,
            shortcuts=Shortcuts(actions, memory, self.parent),
            theme=Theme(application, ThemeMode.LIGHT),
            icons=Icons(self.program.paths.resources_dir / "icons" / "ui"),
            show_problem=self.problems.append,
        )

    def audio(self, value: int) -> Path:
        """A file of one voice."""
        samples = np.full(16_000, value / 32767, dtype=np.float32)
        return write_audio(self.folder / f"{value}.wav", samples)

    def enroll(self, name: str, value: int) -> None:
        """Store a voice."""
        self.program.context.speakers.enroll(name, (self.audio(value),), has_consent=True)

    def names(self) -> list[str]:
        """Who is enrolled."""
        return [person.name for person in self.program.context.speakers.list()]

    def close(self) -> bool:
        """Join the threads."""
        return self.tasks.close(10)
