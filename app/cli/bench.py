"""`crosstalk bench`: measure what the program promises, on recordings with a reference."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from app.bench.asr import Player, draw_asr, run_asr
from app.bench.machine import machine_record
from app.bench.noises import generated_noises, read_noises
from app.bench.oppoints import draw_oppoints, run_oppoints
from app.bench.pipeline import draw_pipeline, loop_sets, measure_pipeline
from app.bench.play import Setup, Take, play
from app.bench.plots import draw_targets
from app.bench.sets import ReferenceSet, find_sets
from app.bench.silence import measure_silence, write_noises
from app.bench.vad import DEFAULT_SNRS_DB, draw_vad, run_vad
from app.cli.bench_wording import (
    asr_lines,
    oppoints_lines,
    pipeline_lines,
    silence_lines,
    vad_lines,
)
from app.cli.engine_options import (
    Parts,
    PointParam,
    choose_models,
    part_options,
    parts_of,
    without_option,
)
from app.cli.lazy import LazyGroup
from app.cli.live import interruptible, show_progress
from app.cli.session import Launch, Session, common_options, current_session, json_option
from app.domain.errors import BugError
from app.domain.ids import StreamId
from app.domain.session import OperatingPoint
from app.lib.clock import SystemClock
from app.services.context import AppContext
from app.services.events import Listener, MeetingEvent

EXIT_MISSED = 1
Command = TypeVar("Command", bound=Callable[..., Any])


OTHERS = ("meeting", "echo", "speaker", "separate", "enhance", "governor", "lm", "prep", "ui")


@click.group(cls=LazyGroup, lazy={name: f"app.cli.bench_{name}" for name in OTHERS})
@common_options
def bench() -> None:
    """Measure what Crosstalk promises. Exit code 1 says that a target is missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What a bench runs on: a library of its own, gone afterwards, and the user's Ctrl-C."""

    session: Session
    context: AppContext
    cancel: threading.Event

    def player(self, setup: Setup) -> Player:
        """Plays reference sets through the product."""

        def run(reference: ReferenceSet) -> Take:
            self.session.writer.note(
                f"{reference.name}: {reference.duration_s:.0f} s, {setup.point.value}"
            )
            return self.play(reference.streams, setup)

        return run

    def play(
        self, inputs: Mapping[StreamId, Path], setup: Setup, *, also: Listener | None = None
    ) -> Take:
        """Play one recording through the product, showing progress.

        Args:
            also: Told everything, too.

        Raises:
            KnownError, Cancelled: As `app.bench.play.play`.
        """
        with self.session.writer.progress() as progress:
            show = show_progress(progress, has_decoding=setup.is_realtime)

            def listen(event: MeetingEvent) -> None:
                show(event)
                if also is not None:
                    also(event)

            return play(self.context, inputs, setup, cancel=self.cancel, listener=listen)

    def report(
        self,
        record: dict[str, Any],
        wording: Callable[[dict[str, Any]], Sequence[str]],
        *,
        fig: Path | None = None,
    ) -> None:
        """Write the outcome, with --json as it is; exit 1 when a target is missed.

        Args:
            fig: Where to draw the targets, for a bench without a picture of its own.
        """
        record |= {"machine": machine_record(SystemClock())}
        if fig is not None:
            draw_targets(record, fig)
            self.session.writer.note(f"wrote {fig}")
        if self.session.is_json:
            self.session.writer.json(record)
        else:
            for line in wording(record):
                self.session.writer.result(line)
        if not record["ok"]:
            click.get_current_context().exit(EXIT_MISSED)


@contextmanager
def open_stand(session: Session) -> Iterator[Stand]:
    """Open the program on an empty library in a temporary folder, which is deleted at the end.

    Raises:
        KnownError: It cannot be opened.
    """
    with tempfile.TemporaryDirectory(prefix="crosstalk-bench-") as folder:
        launch = Launch(data_dir=Path(folder), is_verbose=session.is_verbose)
        stopping = "Stopping. Press Ctrl-C again to leave at once."
        with (
            session.program.open_context(launch) as context,
            interruptible(lambda: session.writer.warning(stopping)) as cancel,
        ):
            yield Stand(session=session, context=context, cancel=cancel)


def set_options(command: Command) -> Command:
    """Add --set and --only."""
    options = [
        click.option(
            "--set",
            "folders",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            multiple=True,
            required=True,
            help="A folder with reference sets at any depth; may be repeated.",
        ),
        click.option("--only", multiple=True, metavar="NAME", help="Only the sets of this name."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def pace_option(command: Command) -> Command:
    """Add --realtime and --fast."""
    option = click.option(
        "--realtime/--fast",
        default=True,
        show_default=True,
        help="Feed at the pace of the clock, or as fast as possible, without delays measured.",
    )
    return option(command)


def figure_option(command: Command) -> Command:
    """Add --fig."""
    option = click.option(
        "--fig",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="OUT.png",
        help="Draw the outcome.",
    )
    return option(command)


def noise_option(command: Command) -> Command:
    """Add --noise."""
    option = click.option(
        "--noise",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        multiple=True,
        help="A folder of sounds without speech; may be repeated.",
    )
    return option(command)


class SnrsParam(click.ParamType[tuple[float, ...]]):
    """Ratios in dB, with commas."""

    name = "dB,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Read the numbers."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of numbers like 20,10,5,0.", param, ctx)


@bench.command()
@set_options
@pace_option
@click.option("--point", type=PointParam(), default="balanced", show_default=True)
@part_options
@figure_option
@without_option
@json_option
@common_options
def asr(
    folders: tuple[Path, ...],
    only: tuple[str, ...],
    realtime: bool,
    point: OperatingPoint,
    asr: str | None,
    segmentation: str | None,
    separation: str | None,
    echo: str | None,
    without: tuple[str, ...],
    fig: Path | None,
) -> None:
    """Words, delays, flicker, lag and cost of live transcripts."""
    session = current_session()
    sets = find_sets(folders, only)
    parts = Parts(asr=asr, segmentation=segmentation, separation=separation, echo=echo)
    with open_stand(session) as stand:
        setup = Setup(
            point=point,
            is_realtime=realtime,
            models=choose_models(stand.context, parts),
            without=parts_of(without),
        )
        result = run_asr(sets, setup, stand.player(setup))
        if fig is not None:
            draw_asr(result, fig)
            session.writer.note(f"wrote {fig}")
        stand.report(result.record(), asr_lines)


@bench.command()
@set_options
@pace_option
@part_options
@figure_option
@without_option
@json_option
@common_options
def oppoints(
    folders: tuple[Path, ...],
    only: tuple[str, ...],
    realtime: bool,
    asr: str | None,
    segmentation: str | None,
    separation: str | None,
    echo: str | None,
    without: tuple[str, ...],
    fig: Path | None,
) -> None:
    """Word errors and delays of live, balanced and accurate against the final pass."""
    session = current_session()
    sets = find_sets(folders, only)
    parts = Parts(asr=asr, segmentation=segmentation, separation=separation, echo=echo)
    with open_stand(session) as stand:
        models = choose_models(stand.context, parts)
        setup = Setup(is_realtime=realtime, models=models, without=parts_of(without))
        result = run_oppoints(sets, setup, stand.player)
        if fig is not None:
            draw_oppoints(result, fig)
            session.writer.note(f"wrote {fig}")
        stand.report(result.record(), oppoints_lines)


@bench.command()
@set_options
@click.option(
    "--minutes",
    type=click.FloatRange(min=0.05),
    default=10.0,
    show_default=True,
    help="How much audio to feed; the sets are repeated.",
)
@pace_option
@click.option("--point", type=PointParam(), default="balanced", show_default=True)
@figure_option
@without_option
@json_option
@common_options
def pipeline(
    folders: tuple[Path, ...],
    only: tuple[str, ...],
    minutes: float,
    realtime: bool,
    point: OperatingPoint,
    without: tuple[str, ...],
    fig: Path | None,
) -> None:
    """Lost samples, lag, stage times and memory over a long run."""
    session = current_session()
    sets = find_sets(folders, only)
    with open_stand(session) as stand:
        setup = Setup(point=point, is_realtime=realtime, without=parts_of(without))
        folder = stand.context.paths.data_dir / "looped"
        inputs = loop_sets(sets, folder, seconds=60 * minutes)
        result = measure_pipeline(stand.play(inputs, setup), setup, inputs)
        if fig is not None:
            draw_pipeline(result, fig)
            session.writer.note(f"wrote {fig}")
        stand.report(result.record(), pipeline_lines)


@bench.command()
@set_options
@noise_option
@click.option(
    "--snr",
    "snrs",
    type=SnrsParam(),
    default=",".join(f"{snr:g}" for snr in DEFAULT_SNRS_DB),
    show_default=True,
    help="How much louder speech is than noise, in dB.",
)
@figure_option
@json_option
@common_options
def vad(
    folders: tuple[Path, ...],
    only: tuple[str, ...],
    noise: tuple[Path, ...],
    snrs: tuple[float, ...],
    fig: Path | None,
) -> None:
    """Speech found, silence taken for speech, clipped onsets and endpoints, as noise rises."""
    session = current_session()
    sets = find_sets(folders, only)
    noises = read_noises(noise) if noise else generated_noises()
    if session.program.open_speech_finder is None:
        raise BugError("the program was made without a speech finder")
    with open_stand(session) as stand:
        finder = session.program.open_speech_finder(stand.context.paths.models_dir)
        result = run_vad(sets, noises, finder, snrs_db=snrs)
        if fig is not None:
            draw_vad(result, fig)
            session.writer.note(f"wrote {fig}")
        stand.report(result.record(), vad_lines)


@bench.command()
@noise_option
@click.option(
    "--minutes",
    type=click.FloatRange(min=0.05),
    default=10.0,
    show_default=True,
    help="How much sound to play; the noises are repeated.",
)
@click.option("--realtime/--fast", default=False, show_default=True, help="The pace.")
@click.option("--point", type=PointParam(), default="balanced", show_default=True)
@without_option
@figure_option
@json_option
@common_options
def silence(
    noise: tuple[Path, ...],
    minutes: float,
    realtime: bool,
    point: OperatingPoint,
    without: tuple[str, ...],
    fig: Path | None,
) -> None:
    """Sound without speech, generated and from --noise, must give no words."""
    session = current_session()
    noises = (*generated_noises(), *(read_noises(noise) if noise else ()))
    with open_stand(session) as stand:
        setup = Setup(point=point, is_realtime=realtime, without=parts_of(without))
        path = stand.context.paths.data_dir / "noises" / "mix.wav"
        placed = write_noises(noises, path, seconds=60 * minutes)
        take = stand.play({StreamId.MIX: path}, setup)
        record = measure_silence(take, setup, placed).record()
        stand.report(record, silence_lines, fig=fig)
