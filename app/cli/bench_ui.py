"""`crosstalk bench ui`: how fast the window is."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import click

from app.bench.machine import machine_record
from app.bench.plots import draw_targets
from app.cli.bench import EXIT_MISSED, figure_option
from app.cli.bench_wording import ui_lines
from app.cli.session import (
    Launch,
    Session,
    WindowBench,
    common_options,
    current_session,
    json_option,
)
from app.cli.window import has_display
from app.domain.errors import BugError, KnownError
from app.lib.clock import SystemClock

START_TIMEOUT_S = 120


@click.command()
@click.option("--meetings", type=click.IntRange(min=2), default=1000, show_default=True)
@click.option(
    "--starts", type=click.IntRange(min=0), default=3, show_default=True, help="New processes."
)
@click.option(
    "--engine",
    "engine_s",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    help="Seconds to watch while the sample meeting runs through the engine; 0 leaves it out.",
)
@figure_option
@json_option
@common_options
def ui(meetings: int, starts: int, engine_s: float, fig: Path | None) -> None:
    """Start, opening, scrolling, search and stalls of the window, on invented meetings."""
    session = current_session()
    bench = session.program.window_bench
    if bench is None:
        raise BugError("this program has no window to measure")
    if not has_display():
        raise KnownError(
            "There is no display to measure the window on. Set QT_QPA_PLATFORM=offscreen, or "
            "use xvfb-run."
        )
    record = _measure(session, bench, meetings, starts, engine_s)
    record |= {"machine": machine_record(SystemClock())}
    if fig is not None:
        draw_targets(record, fig)
        session.writer.note(f"wrote {fig}")
    if session.is_json:
        session.writer.json(record)
    else:
        for line in ui_lines(record):
            session.writer.result(line)
    if not record["ok"]:
        click.get_current_context().exit(EXIT_MISSED)


def _measure(
    session: Session, bench: WindowBench, meetings: int, starts: int, engine_s: float
) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="crosstalk-bench-") as folder:
        session.writer.note(f"making {meetings} meetings")
        bench.fill(Path(folder), meetings)
        session.writer.note(f"starting {starts} times")
        taken = tuple(_start(Path(folder)) for _ in range(starts))
        session.writer.note("opening, scrolling, searching")
        launch = Launch(data_dir=Path(folder), is_verbose=session.is_verbose)
        with session.program.open_context(launch) as context:
            figures = bench.measure(context, meetings, engine_s)
    return replace(figures, starts_s=taken).record()


def _start(folder: Path) -> float:
    """Seconds that a new process takes to paint its window.

    Raises:
        KnownError: It did not.
    """
    clock = SystemClock()
    command = [sys.executable, "-m", "app", "--time-start"]
    began_s = clock.monotonic()
    done = subprocess.run(
        [*command, "--data-dir", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=START_TIMEOUT_S,
    )
    if done.returncode != 0:
        raise KnownError(f"The window did not start: {done.stderr.strip()[-300:]}")
    return float(json.loads(done.stdout.splitlines()[-1])["painted_s"]) - began_s
