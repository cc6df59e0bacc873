"""`crosstalk bench lm`: what a vocabulary brings, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from app.bench.lm import run_lm
from app.bench.play import Setup
from app.bench.sets import find_sets
from app.cli.bench import figure_option, open_stand, set_options
from app.cli.bench_wording import lm_lines
from app.cli.engine_options import PointParam, read_terms
from app.cli.session import common_options, current_session, json_option
from app.domain.session import OperatingPoint


@click.command()
@set_options
@click.option(
    "--vocabulary",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The list of terms, one a line.",
)
@click.option("--point", type=PointParam(), default="final", show_default=True)
@figure_option
@json_option
@common_options
def lm(
    folders: tuple[Path, ...],
    only: tuple[str, ...],
    vocabulary: Path,
    point: OperatingPoint,
    fig: Path | None,
) -> None:
    """Terms of a list that are written right with it and without, and the words it costs."""
    session = current_session()
    sets = find_sets(folders, only)
    terms = read_terms(session, vocabulary)
    with open_stand(session) as stand:
        without = Setup(point=point, is_realtime=False)
        setups = (without, replace(without, vocabulary=terms))
        record = run_lm(sets, terms, setups, stand.player).record()
        stand.report(record, lm_lines, fig=fig)
