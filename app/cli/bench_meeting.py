"""`crosstalk bench meeting`: who said what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.bench.meeting import run_meeting
from app.bench.play import Setup
from app.bench.sets import find_sets
from app.cli.bench import figure_option, open_stand, pace_option, set_options
from app.cli.bench_wording import closing_lines
from app.cli.engine_options import Parts, PointParam, choose_models, part_options
from app.cli.session import common_options, current_session, json_option
from app.domain.errors import BugError
from app.domain.session import OperatingPoint


@click.command()
@set_options
@pace_option
@click.option("--point", type=PointParam(), default="balanced", show_default=True)
@click.option(
    "--ablate/--no-ablate", default=False, show_default=True, help="Also without each idea."
)
@part_options
@figure_option
@json_option
@common_options
def meeting(
    folders: tuple[Path, ...],
    only: tuple[str, ...],
    realtime: bool,
    point: OperatingPoint,
    ablate: bool,
    asr: str | None,
    segmentation: str | None,
    separation: str | None,
    echo: str | None,
    fig: Path | None,
) -> None:
    """Who said what, live and after the meeting, and how steadily."""
    session = current_session()
    if point is OperatingPoint.FINAL:
        raise click.UsageError("--point is that of the live run: live, balanced or accurate.")
    sets = find_sets(folders, only)
    parts = Parts(asr=asr, segmentation=segmentation, separation=separation, echo=echo)
    if session.program.open_voice_follower is None:
        raise BugError("the program was made without a voice follower")
    with open_stand(session) as stand:
        setup = Setup(point=point, is_realtime=realtime, models=choose_models(stand.context, parts))
        follower = session.program.open_voice_follower(stand.context.paths.models_dir)
        result = run_meeting(sets, setup, stand.player, follower, has_ablations=ablate)
        stand.report(result.record(), meeting_lines, fig=fig)


def meeting_lines(record: dict[str, Any]) -> list[str]:
    """The figures in all, then each target."""
    total = record["total"]
    lines = [
        f"{len(record['sets'])} sets, {total['audio_s']:.0f} s, {total['words']} words, "
        f"{record['point']}",
        f"online labels: {_turns(total['online'])}; "
        f"{total['time_relabelled']:.1f} % of the time re-labelled",
    ]
    for name, without in total["without"].items():
        lines.append(f"online labels without {name}: {_turns(without['online'])}")
    lines += [
        f"live: WER {total['live_wer']:.1f} %, cpWER {total['live_cpwer']:.1f} %, "
        f"{_percent(total['words_relabelled'])} of the words re-labelled",
        f"final: WER {total['final_wer']:.1f} %, cpWER {total['final_cpwer']:.1f} %, "
        f"{_turns(total['final'])}, right number of people in "
        f"{total['final']['right_counts']} of {total['final']['files']}",
    ]
    return lines + closing_lines(record)


def _turns(score: dict[str, Any]) -> str:
    return (
        f"DER {_percent(score['der'])} (missed {_percent(score['miss'])}, false "
        f"{_percent(score['false_alarm'])}, confused {_percent(score['confusion'])})"
    )


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} %"
