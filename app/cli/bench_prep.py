"""`crosstalk bench prep`: what happens to sound between a device and the models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import soundfile

from app.bench.noises import read_mono
from app.bench.play import Setup
from app.bench.prep import QuietWords, draw_prep, run_prep
from app.bench.scoring import WordScore, score_words
from app.bench.sets import ReferenceSet, find_sets, read_turns
from app.cli.bench import Stand, figure_option, open_stand
from app.cli.bench_wording import closing_lines
from app.cli.engine_options import PointParam
from app.cli.session import common_options, current_session, json_option
from app.domain.errors import BugError
from app.domain.session import OperatingPoint, Part
from app.domain.units import SESSION_RATE_HZ


@click.command()
@click.option(
    "--set",
    "folders",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="A folder with reference sets, to be transcribed made quieter; may be repeated.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Only the sets of this name.")
@click.option(
    "--quieter", type=click.FloatRange(min=0), default=25.0, show_default=True, metavar="DB"
)
@click.option("--point", type=PointParam(), default="final", show_default=True)
@click.option(
    "--hours",
    type=click.FloatRange(min=0.02),
    default=2.0,
    show_default=True,
    help="How long two devices with clocks of their own are recorded; simulated.",
)
@click.option(
    "--recordings",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="How many are overdriven, and how many are not.",
)
@figure_option
@json_option
@common_options
def prep(
    folders: tuple[Path, ...],
    only: tuple[str, ...],
    quieter: float,
    point: OperatingPoint,
    hours: float,
    recordings: int,
    fig: Path | None,
) -> None:
    """Resampling, levels, clipping and clocks; with --set what evening is worth in words."""
    session = current_session()
    if session.program.open_preparation is None:
        raise BugError("the program was made without its stages")
    parts = session.program.open_preparation()
    sets = find_sets(folders, only) if folders else ()
    with open_stand(session) as stand:
        # First: a set that is too quiet to be taken for a recording is told before long work.
        setup = Setup(point=point, is_realtime=False)
        quiet = _quiet_words(stand, sets, quieter, setup) if sets else None
        result = run_prep(parts, hours=hours, recordings=recordings, note=session.writer.note)
        result = replace(result, quiet=quiet)
        if fig is not None:
            draw_prep(result, fig)
            session.writer.note(f"wrote {fig}")
        stand.report(result.record(), prep_lines)


def _quiet_words(
    stand: Stand, sets: Sequence[ReferenceSet], quieter_db: float, setup: Setup
) -> QuietWords:
    """Transcribe sets made quieter, with evening and without."""
    scores = []
    for without in (frozenset[Part](), frozenset({Part.EVENING})):
        total = WordScore()
        for reference in sets:
            way = "as recorded" if without else "evened"
            stand.session.writer.note(f"{reference.name}, {quieter_db:g} dB quieter, {way}")
            folder = stand.context.paths.data_dir / "quiet" / reference.name
            streams = {
                stream: _write_quieter(path, folder / f"{stream}.wav", quieter_db)
                for stream, path in reference.streams.items()
            }
            take = stand.play(streams, replace(setup, without=without))
            total += score_words(read_turns(reference), take.transcript.segments)
        scores.append(total)
    return QuietWords(quieter_db=quieter_db, evened=scores[0], as_recorded=scores[1])


def _write_quieter(source: Path, target: Path, quieter_db: float) -> Path:
    """Write a recording made quieter, in 16 bit as a device would deliver it."""
    samples = read_mono(source) * np.float32(10 ** (-quieter_db / 20))
    target.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(target, samples, SESSION_RATE_HZ, "PCM_16")
    return target


def prep_lines(record: dict[str, Any]) -> list[str]:
    """A line per rate and level, then clipping, clocks, words, and each target."""
    lines = []
    for row in record["resampler"]:
        alias = "" if row["alias_db"] is None else f", alias {row['alias_db']:.0f} dB"
        lines.append(
            f"{row['rate_hz']} Hz: ripple {row['ripple_db']:.3f} dB to {row['to_hz']:.0f} Hz{alias}"
        )
    for row in record["level"]["runs"]:
        lines.append(
            f"speech at {row['before_dbfs']:g} dBFS: {row['settle_s']:.1f} s of it to "
            f"{record['level']['goal_dbfs']:g} dBFS, then off by {row['error_db']:.1f} dB, "
            f"{row['again_error_db']:.1f} dB after a pause in which it moved by "
            f"{row['pumping_db']:.1f} dB"
        )
    clipping, drift, quiet = record["clipping"], record["drift"], record["quiet"]
    lines.append(
        f"clipping told in {clipping['told']} of {clipping['clipped']} recordings, and in "
        f"{clipping['false']} of {clipping['clean']} without any"
    )
    apart = "nothing" if drift["worst_ms"] is None else f"{drift['worst_ms']:.1f} ms"
    lines.append(
        f"two devices {drift['spread_ppm']:g} ppm apart for {drift['hours']:.1f} h: {apart} apart"
    )
    if quiet is not None:
        lines.append(
            f"{quiet['quieter_db']:g} dB quieter: WER {quiet['wer_evened']:.1f} % evened, "
            f"{quiet['wer_as_recorded']:.1f} % as recorded, of {quiet['words']} words"
        )
    return [*lines, *closing_lines(record)]
