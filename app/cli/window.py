"""Open the window."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from app.cli.session import Launch, Session, common_options, current_session
from app.domain.errors import KnownError
from app.domain.ids import MeetingId
from app.domain.links import meeting_of


def has_display(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a window can be shown."""
    if platform in ("win32", "darwin"):
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(environ.get(name) for name in names)


def link_command(link: str) -> click.Command:
    """The command that opens a link to a meeting: what a desktop runs when one is clicked."""

    @click.command(name=link, help="Open a meeting.")
    @common_options
    @click.pass_context
    def open_link(ctx: click.Context) -> None:
        meeting_id = meeting_of(link)
        ctx.exit(show_window(current_session(), is_demo=False, meeting_id=meeting_id))

    return open_link


def show_window(session: Session, *, is_demo: bool, meeting_id: MeetingId | None = None) -> int:
    """Show the window until it is closed; returns the exit code.

    The demo has a library of its own, which is gone afterwards.

    Args:
        meeting_id: What the window opens first.

    Raises:
        KnownError: There is no display.
    """
    if not has_display():
        raise KnownError(
            "There is no display to open the window on. Use `crosstalk record` or `crosstalk "
            "transcribe FILE` on the terminal, or `crosstalk --demo --headless` to see it work."
        )
    if not is_demo:
        return session.program.open_window(session.context, False, meeting_id)
    with tempfile.TemporaryDirectory(prefix="crosstalk-demo-") as folder:
        launch = Launch(data_dir=Path(folder), is_verbose=session.is_verbose)
        with session.program.open_context(launch) as context:
            return session.program.open_window(context, True, None)
