"""What every view of the window is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.services.context import AppContext
from app.ui.actions import Actions
from app.ui.errors import Problem
from app.ui.icons import Icons
from app.ui.shortcuts import Shortcuts
from app.ui.tasks import TaskRunner
from app.ui.theme import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """The services, and the window's own shared parts; main thread only.

    Attributes:
        show_problem: Shows a sentence as a banner above the current page.
    """

    context: AppContext
    tasks: TaskRunner
    actions: Actions
    shortcuts: Shortcuts
    theme: Theme
    icons: Icons
    show_problem: Callable[[Problem], None]
