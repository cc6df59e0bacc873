"""`crosstalk bench echo`: what the handling of echo is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.bench.echo import draw_echo, run_echo
from app.bench.play import Setup
from app.bench.sets import find_sets
from app.cli.bench import figure_option, open_stand, set_options
from app.cli.bench_wording import closing_lines
from app.cli.engine_options import PointParam
from app.cli.session import common_options, current_session, json_option
from app.domain.session import OperatingPoint


@click.command()
@set_options
@click.option("--leak", type=float, metavar="DB", help="Also add an echo of this level.")
@click.option(
    "--ablation/--no-ablation",
    default=True,
    show_default=True,
    help="Also run with echo handling off.",
)
@click.option("--point", type=PointParam(), default="final", show_default=True)
@figure_option
@json_option
@common_options
def echo(
    folders: tuple[Path, ...],
    only: tuple[str, ...],
    leak: float | None,
    ablation: bool,
    point: OperatingPoint,
    fig: Path | None,
) -> None:
    """Remote words written twice, and near words lost, with and without echo handling."""
    session = current_session()
    sets = find_sets(folders, only)
    with open_stand(session) as stand:
        result = run_echo(
            sets,
            Setup(point=point, is_realtime=False),
            stand.play,
            stand.context.paths.data_dir / "leaky",
            leak_db=leak,
            has_ablation=ablation,
        )
        if fig is not None:
            draw_echo(result, fig)
            session.writer.note(f"wrote {fig}")
        stand.report(result.record(), _lines)


def _lines(record: dict[str, Any]) -> list[str]:
    lines = []
    for run in record["runs"]:
        added = "" if run["leak_db"] is None else f", echo of {run['leak_db']:g} dB added"
        handling = "on" if run["handled"] else "off"
        lines.append(
            f"{run['set']}{added}, handling {handling}: {run['twice_percent']:.1f} % of "
            f"{run['remote_words']} remote words twice, near WER {run['near_wer']:.1f} % of "
            f"{run['near_words']}"
        )
    return [*lines, *closing_lines(record)]
