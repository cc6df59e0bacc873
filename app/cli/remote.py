"""`crosstalk remote`: steer the open window, for instance by keys of the desktop."""

from __future__ import annotations

import click

from app.cli.session import common_options, current_session, json_option
from app.domain.errors import BugError, KnownError
from app.domain.remote import Answer, Command, Order


@click.group()
@common_options
def remote() -> None:
    """Start, stop, pause or mark the recording in the open window.

    Bind these commands to keys in the keyboard settings of the desktop: they work whatever window
    has the focus. Exit code 2 says that the window is not open or cannot do it now, and why.
    """


def _obey(order: Order) -> None:
    session = current_session()
    if session.program.ask_window is None:
        raise BugError("the program was made without a window")
    # Not by the open context: that would open the library a second time for a key press.
    answer = session.program.ask_window(session.launch.data_dir, order)
    if answer is None:
        raise KnownError(
            "Crosstalk's window is not open, so there is nothing to steer. Open it with "
            "`crosstalk`, or record without a window with `crosstalk record`."
        )
    if not answer.is_done:
        raise KnownError(answer.text)
    _tell(answer)


def _tell(answer: Answer) -> None:
    session = current_session()
    if session.is_json:
        session.writer.json({"ok": True, "text": answer.text})
    else:
        session.writer.result(answer.text)


def _command(command: Command, text: str) -> None:
    @remote.command(name=command.value, help=text)
    @json_option
    @common_options
    def run() -> None:
        _obey(Order(command=command))


_command(Command.START, "Start to record the devices that the settings or the window name.")
_command(Command.STOP, "Stop, and finish the transcript.")
_command(Command.TOGGLE, "Start; while a meeting is recorded, stop it.")
_command(Command.PAUSE, "Pause; while the recording is paused, go on.")
_command(Command.OFF_RECORD, "Take what follows off the record; then put it on again.")


@remote.command()
@click.argument("note", default="")
@json_option
@common_options
def mark(note: str) -> None:
    """Mark this moment, with a NOTE if one is given."""
    _obey(Order(command=Command.MARK, note=note))
