"""Open the window."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from app.cli.session import Launch, Session
from app.domain.errors import KnownError


def has_display(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a window can be shown."""
    if platform in ("win32", "darwin"):
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(environ.get(name) for name in names)


def show_window(session: Session, *, is_demo: bool) -> int:
    """Show the window until it is closed; returns the exit code.

    The demo has a library of its own, which is gone afterwards.

    Raises:
        KnownError: There is no display.
    """
    if not has_display():
        raise KnownError(
            "There is no display to open the window on. Use `crosstalk record` or `crosstalk "
            "transcribe FILE` on the terminal, or `crosstalk --demo --headless` to see it work."
        )
    if not is_demo:
        return session.program.open_window(session.context, False)
    with tempfile.TemporaryDirectory(prefix="crosstalk-demo-") as folder:
        launch = Launch(data_dir=Path(folder), is_verbose=session.is_verbose)
        with session.program.open_context(launch) as context:
            return session.program.open_window(context, True)
