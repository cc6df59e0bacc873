"""`crosstalk mirror`: what changes between two configurations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from app.bench.configuration import read_setup
from app.bench.mirror import find_inputs, run_mirror
from app.bench.play import Setup, Take
from app.cli.bench import open_stand
from app.cli.session import common_options, current_session, json_option
from app.domain.ids import StreamId


@click.command()
@click.argument(
    "inputs",
    nargs=-1,
    required=True,
    metavar="INPUT...",
    type=click.Path(exists=True, path_type=Path),
)
@click.option("--a", "first", metavar="CONFIG", default="", help="The configuration to start from.")
@click.option("--b", "second", metavar="CONFIG", default="", help="The one to compare with it.")
@json_option
@common_options
def mirror(inputs: tuple[Path, ...], first: str, second: str) -> None:
    """Transcribe each INPUT in two configurations and show what differs.

    A CONFIG is name=value,... of point, realtime, language, speakers, asr, asr-partial, vad,
    segmentation and so on, or a TOML file with these names. An INPUT is a file, or a folder with
    mix.flac or with mic.flac and system.flac. Exit code 1 says that equal configurations differ.
    """
    session = current_session()
    recordings = find_inputs(inputs)
    with open_stand(session) as stand:
        defaults = stand.context.settings.model_choice
        setups = (read_setup(first, defaults), read_setup(second, defaults))

        def play(streams: Mapping[StreamId, Path], setup: Setup) -> Take:
            session.writer.note(f"{next(iter(streams.values()))}: {setup.point.value}")
            return stand.play(streams, setup)

        stand.report(run_mirror(recordings, setups, play).record(), mirror_lines)


def mirror_lines(record: dict[str, Any]) -> list[str]:
    """What differs between the configurations, then per recording what differs in the outcome."""
    a, b = record["a"], record["b"]
    lines = [f"{name}: {a[name]} | {b[name]}" for name in a if a[name] != b[name]]
    lines = lines or ["Both configurations are the same."]
    for name, reflection in record["inputs"].items():
        lines.append(f"{name}: {_differences_text(reflection)}")
        lines += [
            f"  {example['at_s']:.1f} s: {example['before'] or '-'} | {example['after'] or '-'}"
            for example in reflection["examples"]
        ]
    if len(record["inputs"]) > 1:
        total = record["total"] | {"identical": record["identical"]}
        lines.append(f"in all: {_words_text(total)}")
    return lines


def _differences_text(reflection: dict[str, Any]) -> str:
    memory, wall, voices = (reflection[key] for key in ("engine_peak_mb", "wall_s", "voices"))
    parts = [
        _words_text(reflection),
        f"voices {voices[0]} | {voices[1]}",
        f"engine {memory[0]:.0f} | {memory[1]:.0f} MB",
        f"took {wall[0]:.1f} | {wall[1]:.1f} s",
    ]
    if any(reflection["release_delay_s"]):
        delays = ["-" if d is None else f"{d['p95']:.2f} s" for d in reflection["release_delay_s"]]
        parts.append(f"final text after (p95) {delays[0]} | {delays[1]}")
    return ", ".join(parts)


def _words_text(counts: dict[str, Any]) -> str:
    if counts["identical"]:
        return f"no difference in {counts['same']} words"
    names = ("replaced", "inserted", "deleted", "respoken", "retimed", "rescored")
    changed = ", ".join(f"{counts[name]} {name}" for name in names if counts[name])
    return f"{counts['same']} words the same, {changed}"
