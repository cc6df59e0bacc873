"""What all commands share: the program behind them, the global options, the open context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.cli.writer import Writer
from app.domain.errors import BugError
from app.domain.ids import MeetingId
from app.domain.messages import Float32Array
from app.domain.ports import SeparationModel, SpeechFinder, VoiceFollower
from app.domain.remote import Answer, Order
from app.services.context import AppContext

if TYPE_CHECKING:  # the benches would hold up every start
    from app.bench.prep import Preparation
    from app.bench.ui import UiFigures

Command = TypeVar("Command", bound=Callable[..., Any])
TakeApart = Callable[[Float32Array, Sequence[Float32Array]], "Float32Array | None"]
"""From a mixture and what each voice sounds like alone to the voices, float32 (voices, n), in that
order; None where one of them is too short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How to open the program.

    Attributes:
        data_dir: None takes the environment's or the platform's folder.
        is_verbose: Log to stderr as well.
    """

    data_dir: Path | None = None
    is_verbose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowBench:
    """What `bench ui` needs of the window.

    Attributes:
        fill: Puts invented meetings into the library of a new data folder.
        time_first_list: `Clock.monotonic` when this process had painted the list of the library.
        measure: All other figures of a library with so many meetings, watching the engine at
            work for some seconds.
    """

    fill: Callable[[Path, int], None]
    time_first_list: Callable[[AppContext], float]
    measure: Callable[[AppContext, int, float], UiFigures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What the command line cannot make itself; given by `app.bootstrap`.

    Attributes:
        open_context: Opens library, engine and devices; closes them at the end of the block.
        open_window: Shows the window until it is closed, playing the sample meeting when the
            second argument is True, opening the meeting of the third; returns the exit code.
        open_speech_finder: Loads the voice activity model from a folder of weights, for benches.
        open_voice_follower: The same for the models that tell voices apart.
        window_bench: Measures the window.
        open_separation: Loads a separation network, an id in a folder of weights or a checkpoint,
            for benches.
        open_take_apart: What separates mixtures by what their voices sound like alone, with a
            refiner in a folder of weights or without one, for benches.
        denoise: Takes noise out of samples, down to a limit in dB, for benches.
        ask_window: Gives an order to the open window of a data folder (None: the usual one), and
            waits for its answer; None where no window is open.
        open_preparation: The stages between a device and the models, for benches.
    """

    open_context: Callable[[Launch], AbstractContextManager[AppContext]]
    open_window: Callable[[AppContext, bool, MeetingId | None], int]
    open_speech_finder: Callable[[Path], SpeechFinder] | None = None
    open_voice_follower: Callable[[Path], VoiceFollower] | None = None
    window_bench: WindowBench | None = None
    open_separation: Callable[[Path, str], SeparationModel] | None = None
    open_take_apart: Callable[[Path, str | None], TakeApart] | None = None
    denoise: Callable[[Float32Array, float], Float32Array] | None = None
    ask_window: Callable[[Path | None, Order], Answer | None] | None = None
    open_preparation: Callable[[], Preparation] | None = None


class Session:
    """One run of the command line."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.data_dir: Path | None = None
        self.is_verbose = False
        self.is_quiet = False
        self.is_json = False
        self._context: AppContext | None = None

    @property
    def writer(self) -> Writer:
        """Where results, notes and progress go."""
        return Writer(is_quiet=self.is_quiet)

    @property
    def launch(self) -> Launch:
        """How the context is opened."""
        return Launch(data_dir=self.data_dir, is_verbose=self.is_verbose)

    @property
    def context(self) -> AppContext:
        """The program's services, opened at first use and closed when the command ends.

        Raises:
            KnownError: The library or the settings cannot be opened.
        """
        if self._context is None:
            root = click.get_current_context().find_root()
            self._context = root.with_resource(self.program.open_context(self.launch))
            for notice in self._context.opening_notices:
                self.writer.note(notice)
            for meeting in self._context.recovered:
                self.writer.note(
                    f"{meeting.title!r} was interrupted; "
                    f"{timedelta(seconds=round(meeting.duration_s))} of audio is kept. Complete "
                    f"it with `crosstalk library refine {meeting.meeting_id}`."
                )
        return self._context


def current_session() -> Session:
    """The session of the running command, made at first use from the `Program` it was given."""
    root = click.get_current_context().find_root()
    if isinstance(root.obj, Program):
        root.obj = Session(root.obj)
    if not isinstance(root.obj, Session):
        raise BugError("the command line was started without a program")
    return root.obj


def _remember(ctx: click.Context, name: str, value: Any) -> None:
    if value is not None and value is not False:
        with ctx.scope(cleanup=False):
            setattr(current_session(), name, value)


def _set_data_dir(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    _remember(ctx, "data_dir", value)


def _set_verbose(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    _remember(ctx, "is_verbose", value)


def _set_quiet(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    _remember(ctx, "is_quiet", value)


def _set_json(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    _remember(ctx, "is_json", value)


def common_options(command: Command) -> Command:
    """Add the options that every command takes, before or behind its name."""
    options = [
        click.option(
            "--data-dir",
            type=click.Path(file_okay=False, path_type=Path),
            callback=_set_data_dir,
            expose_value=False,
            help="Keep library, recordings, settings and logs in this folder.",
        ),
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            callback=_set_verbose,
            expose_value=False,
            help="Show the log on the terminal.",
        ),
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            callback=_set_quiet,
            expose_value=False,
            help="Show no progress.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def json_option(command: Command) -> Command:
    """Add --json: the result is one JSON object, the last line of stdout."""
    option = click.option(
        "--json",
        is_flag=True,
        callback=_set_json,
        expose_value=False,
        help="Write the result as one JSON object.",
    )
    return option(command)
