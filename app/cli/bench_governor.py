"""`crosstalk bench governor`: a meeting on a machine that other programs take for a while."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import psutil

from app.bench.governor import (
    FREE,
    GOVERNED,
    Burden,
    GovernedTake,
    GovernorResult,
    draw_governor,
)
from app.bench.pipeline import loop_sets
from app.bench.play import Setup
from app.bench.sets import find_sets
from app.cli.bench import figure_option, open_stand, set_options
from app.cli.bench_wording import closing_lines
from app.cli.engine_options import PointParam
from app.cli.session import common_options, current_session, json_option
from app.domain.session import OperatingPoint, Part


@click.command()
@set_options
@click.option("--point", type=PointParam(), default="balanced", show_default=True)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0.1),
    default=4.5,
    show_default=True,
    help="A third before the other programs run, a third with them, a third after.",
)
@click.option(
    "--programs",
    type=click.IntRange(min=1),
    help="How many busy programs; default two per processor.",
)
@figure_option
@json_option
@common_options
def governor(
    folders: tuple[Path, ...],
    only: tuple[str, ...],
    point: OperatingPoint,
    minutes: float,
    programs: int | None,
    fig: Path | None,
) -> None:
    """Captions while other programs take the machine, with and without stepping down."""
    session = current_session()
    sets = find_sets(folders, only)
    count = programs or 2 * (psutil.cpu_count() or 1)
    takes = {}
    with open_stand(session) as stand:
        folder = stand.context.paths.data_dir / "loop"
        inputs = loop_sets(sets, folder, seconds=minutes * 60)
        for way in (GOVERNED, FREE):
            session.writer.note(f"{way}: {minutes:g} minutes at {point.value}")
            burden = Burden(duration_s=minutes * 60, count=count)
            without = () if way == GOVERNED else (Part.GOVERNOR,)
            setup = Setup(point=point, without=frozenset(without))
            try:
                take = stand.play(inputs, setup, also=burden)
            finally:
                burden.close()
            takes[way] = GovernedTake(way=way, take=take, phase=burden.phase)
        result = GovernorResult(point=point, burden=count, duration_s=minutes * 60, takes=takes)
        if fig is not None:
            draw_governor(result, fig)
            session.writer.note(f"wrote {fig}")
        stand.report(result.record(), governor_lines)


def governor_lines(record: dict[str, Any]) -> list[str]:
    """A line per run and phase, then each target."""
    lines = [f"{record['busy_programs']} busy programs in the middle of {record['audio_s']:.0f} s"]
    for way, take in record["ways"].items():
        for phase, delay in take["delay_s"].items():
            lag = take["lag_s"][phase]
            if delay is None or lag is None:
                continue
            lines.append(
                f"{way}, {phase}: final text after {delay['p50']:.2f} s (p50), "
                f"{delay['p95']:.2f} s (p95), behind up to {lag['max']:.1f} s"
            )
        lines.append(
            f"{way}: {take['words']} words, steps down at most {take['deepest_relief']}, "
            f"{take['last_relief']} at the end"
        )
    return [*lines, *closing_lines(record)]
