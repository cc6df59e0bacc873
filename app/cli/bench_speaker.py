"""`crosstalk bench speaker`: the certainty of recognised voices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.bench.speaker import find_voices, run_speaker
from app.cli.bench import figure_option, open_stand
from app.cli.bench_wording import closing_lines
from app.cli.session import common_options, current_session, json_option
from app.lib.clock import SystemClock


@click.command()
@click.option(
    "--set",
    "folders",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    required=True,
    help="A folder with a folder per speaker, or files named SPEAKER-...; may be repeated.",
)
@click.option(
    "--durations", default="1,2,3,5,10", show_default=True, help="Seconds of speech to recognise."
)
@figure_option
@json_option
@common_options
def speaker(folders: tuple[Path, ...], durations: str, fig: Path | None) -> None:
    """How surely enrolled voices are told from each other and from strangers."""
    session = current_session()
    try:
        lengths = sorted({float(part) for part in durations.split(",")})
    except ValueError as error:
        raise click.UsageError("--durations takes seconds, such as 1,3,10.") from error
    voices = find_voices(folders)
    with open_stand(session) as stand:
        service = stand.context.speakers
        with session.writer.progress() as progress:
            result = run_speaker(
                voices,
                lengths,
                service.listen,
                service.calibration,
                SystemClock(),
                lambda share: progress.update(share, "Recognising voices"),
            )
        record = result.record()
        stand.report(record, _lines, fig=fig)


def _lines(record: dict[str, Any]) -> list[str]:
    lines = [f"{record['people']} people enrolled, {record['strangers']} strangers"]
    for length, row in record["durations"].items():
        if row["trials"]:
            shown = {key: "-" if value is None else f"{value:g}" for key, value in row.items()}
            plain = shown["eer_without_normalisation"]
            lines.append(
                f"{length} s: EER {shown['eer']} % (without score normalisation {plain} %), "
                f"minDCF {shown['min_dcf']}, ECE {shown['ece']}, "
                f"known named {shown['known_named']} %, "
                f"strangers named {shown['strangers_named']} % ({shown['trials']} trials)"
            )
    return [*lines, *closing_lines(record)]
