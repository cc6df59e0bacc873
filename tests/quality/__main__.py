"""Measures Crosstalk against the composite on all reference sets below a folder.

    make quality SET=DIR
    python -m tests.quality DIR [--out DIR] [--only NAME] [--skip-composite]

Prints a Markdown table. What each program wrote stays in the output folder; a set that a program
has finished there is scored again, not run again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.quality.memory import Run, run
from tests.quality.score import Score, bootstrap_interval, score_folder
from tests.quality.sets import ReferenceSet, find_sets

RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One set, or a sum of sets, as measured for one program."""

    score: Score
    wall_s: float
    audio_s: float
    peak_rss_mb: float

    def __add__(self, other: Row) -> Row:
        """Add up; memory is the larger of both."""
        return Row(
            score=self.score + other.score,
            wall_s=self.wall_s + other.wall_s,
            audio_s=self.audio_s + other.audio_s,
            peak_rss_mb=max(self.peak_rss_mb, other.peak_rss_mb),
        )


def crosstalk_command(reference: ReferenceSet, out: Path) -> list[str]:
    """The product as a user runs it: the final point, a fresh library, two exports."""
    command = [sys.executable, "-m", "app", "--data-dir", str(out / "data"), "transcribe"]
    if "mix" in reference.streams:
        command.append(str(reference.streams["mix"]))
    else:
        for name, path in reference.streams.items():
            command += [f"--{name}", str(path)]
    exports = [f"--export=seglst={out / 'hyp.seglst.json'}", f"--export=rttm={out / 'hyp.rttm'}"]
    return [*command, *exports, "--json"]


def composite_command(reference: ReferenceSet, out: Path) -> list[str]:
    """The composite, in a process of its own."""
    command = [sys.executable, "-m", "tests.quality.composite", "--out", str(out)]
    for name, path in reference.streams.items():
        command += [f"--{name}", str(path)]
    return command


COMMANDS = {"composite": composite_command, "crosstalk": crosstalk_command}


def measure(program: str, reference: ReferenceSet, out: Path) -> Row:
    """Run one program on one set, unless its results are there, and score it.

    Raises:
        SystemExit: The program failed; says where its output stands.
    """
    out.mkdir(parents=True, exist_ok=True)
    if not (out / RUN_FILE).exists():
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        result = run(COMMANDS[program](reference, out), out / "log.txt", environment)
        if result.exit_code != 0:
            raise SystemExit(
                f"{program} failed on {reference.name} with exit code {result.exit_code}; "
                f"see {out / 'log.txt'}"
            )
        (out / RUN_FILE).write_text(json.dumps(asdict(result)))
    result = Run(**json.loads((out / RUN_FILE).read_text()))
    return Row(
        score=score_folder(out, reference.folder, reference.duration_s),
        wall_s=result.wall_s,
        audio_s=reference.duration_s,
        peak_rss_mb=result.peak_rss_mb,
    )


def table(rows: dict[str, dict[str, Row]]) -> str:
    """A Markdown table: a line per set and program, then totals per kind of set and in all."""
    lines = [
        "| set | program | words | cpWER | tcpWER | agnostic WER | DER | miss | false alarm "
        "| confusion | speakers right | RTF | peak MB |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    names = list(next(iter(rows.values())))
    kinds = sorted({name.rsplit("/", 1)[0] for name in names if "/" in name})
    for name in names:
        lines += [_line(name, program, by_set[name]) for program, by_set in rows.items()]
    for kind in [*kinds, ""]:
        members = [name for name in names if name.startswith(kind)]
        for program, by_set in rows.items():
            total = by_set[members[0]]
            for name in members[1:]:
                total += by_set[name]
            lines.append(_line(f"**{kind or 'all'}**", program, total))
    return "\n".join(lines) + "\n"


def _line(name: str, program: str, row: Row) -> str:
    score = row.score
    speech_s = max(1e-9, score.speech_s)
    cells = [
        name,
        program,
        str(score.words),
        f"{score.cp_wer:.1f}",
        f"{score.tcp_wer:.1f}",
        f"{score.agnostic_wer:.1f}",
        f"{score.der:.1f}",
        *(
            f"{100 * part / speech_s:.1f}"
            for part in (score.miss_s, score.false_alarm_s, score.confusion_s)
        ),
        f"{score.right_counts}/{score.recordings}",
        f"{row.wall_s / row.audio_s:.2f}",
        f"{row.peak_rss_mb:.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    parser.add_argument("root", type=Path, help="folder with reference sets, at any depth")
    parser.add_argument("--out", type=Path, default=Path("out/quality"))
    parser.add_argument("--only", action="append", help="a set's name; may be repeated")
    parser.add_argument("--skip-composite", action="store_true")
    arguments = parser.parse_args()
    sets = find_sets(arguments.root)
    if arguments.only:
        sets = [reference for reference in sets if reference.name in arguments.only]
    if not sets:
        raise SystemExit(
            f"There is no reference set (ref.seglst.json and audio) in {arguments.root}."
        )
    programs = [p for p in COMMANDS if p != "composite" or not arguments.skip_composite]
    rows: dict[str, dict[str, Row]] = {program: {} for program in programs}
    for reference in sets:
        for program in programs:
            sys.stderr.write(f"{program}: {reference.name}\n")
            out = arguments.out / program / reference.name
            rows[program][reference.name] = measure(program, reference, out.resolve())
    sys.stdout.write(table(rows))
    for program, by_set in rows.items():
        scores = [row.score for row in by_set.values()]
        for figure in ("cp_wer", "der"):
            low, high = bootstrap_interval(scores, figure)
            sys.stdout.write(
                f"\n{program}: 95 % interval of {figure} over recordings: {low:.1f}-{high:.1f}\n"
            )


if __name__ == "__main__":
    main()
