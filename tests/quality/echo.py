"""Measures what the handling of echo is worth, on sets with a microphone and system audio.

    python -m tests.quality.echo DIR [--only NAME] [--point balanced]

Runs each set with and without it and prints a Markdown table: echo taken away while only the
remote side talks (ERLE), remote words that stand on the microphone's side too, word errors of
the microphone's side, and processor time. Needs `words.json` beside the reference.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.pipeline.echo import EchoCleaner
from tests.quality.score import normalise
from tests.quality.sets import RATE_HZ, ReferenceSet, find_sets

SLACK_S = 2.0
"""How far apart the times of a word and of its reference may lie."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A normalised word and its start."""

    text: str
    start_s: float


def words_of(rows: list[dict], stream: str) -> list[Heard]:
    """The normalised words of one side, by time."""
    rows = sorted((row for row in rows if row["stream"] == stream), key=lambda row: row["start"])
    return [
        Heard(text, float(row["start"]))
        for row in rows
        for text in normalise(str(row["text"])).split()
    ]


def matched(heard: list[Heard], reference: list[Heard]) -> set[int]:
    """Indices of words of `heard` that stand in `reference`, in order, at about the same time."""
    length = np.zeros((len(heard) + 1, len(reference) + 1), dtype=int)

    def is_same(i: int, j: int) -> bool:
        one, other = heard[i], reference[j]
        return one.text == other.text and abs(one.start_s - other.start_s) < SLACK_S

    for i in reversed(range(len(heard))):
        for j in reversed(range(len(reference))):
            best = max(length[i + 1, j], length[i, j + 1])
            length[i, j] = max(best, length[i + 1, j + 1] + 1) if is_same(i, j) else best
    found, i, j = set(), 0, 0
    while i < len(heard) and j < len(reference):
        if is_same(i, j) and length[i, j] == length[i + 1, j + 1] + 1:
            found.add(i)
            i, j = i + 1, j + 1
        elif length[i + 1, j] >= length[i, j + 1]:
            i += 1
        else:
            j += 1
    return found


def word_errors(heard: list[Heard], reference: list[Heard]) -> int:
    """Substitutions, insertions and deletions."""
    row = list(range(len(heard) + 1))
    for i, wanted in enumerate(reference, 1):
        last, row = row, [i]
        for j, said in enumerate(heard, 1):
            different = said.text != wanted.text
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + different))
    return row[-1]


def erle(reference: ReferenceSet) -> tuple[float, float]:
    """Echo taken away while only the remote side talks, in dB, and processor time in percent."""
    mic, system = reference.samples("mic"), reference.samples("system")
    rows = json.loads((reference.folder / "words.json").read_text())
    talks = {stream: np.zeros(len(mic), dtype=bool) for stream in ("mic", "system")}
    for row in rows:
        start, end = round((row["start"] - 0.1) * RATE_HZ), round((row["end"] + 0.2) * RATE_HZ)
        talks[row["stream"]][max(start, 0) : end] = True
    alone = talks["system"] & ~talks["mic"]
    cleaner = EchoCleaner()
    began = time.process_time()
    parts = []
    for start in range(0, len(mic), 1_600):
        parts.append(cleaner.push_far(system[start : start + 1_600]))
        parts.append(cleaner.push_near(mic[start : start + 1_600]))
    parts.append(cleaner.flush())
    cost = 100 * (time.process_time() - began) / (len(mic) / RATE_HZ)
    cleaned = np.concatenate(parts)
    power = [float(np.mean(np.square(x[alone], dtype=np.float64))) for x in (mic, cleaned)]
    return float(10 * np.log10(power[0] / max(power[1], 1e-15))), cost


def transcribe(reference: ReferenceSet, echo: str, point: str) -> list[dict]:
    """The words that the product writes, as a user runs it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "hyp.json")
        command = [sys.executable, "-m", "app", "--data-dir", folder, "transcribe"]
        for stream in ("mic", "system"):
            command += [f"--{stream}", str(reference.streams[stream])]
        command += ["--echo", echo, "--point", point, f"--export=json={out}", "--json"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        segments = json.loads(out.read_text())["segments"]
    return [
        {**word, "stream": segment["stream"]} for segment in segments for word in segment["words"]
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.echo", description=__doc__)
    parser.add_argument("root", type=Path, help="folder with reference sets, at any depth")
    parser.add_argument("--only", action="append", help="a set's name; may be repeated")
    parser.add_argument("--point", default="final")
    arguments = parser.parse_args()
    sys.stdout.write(
        "| set | echo | remote words | written twice | near words | near WER | ERLE dB | CPU |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    for reference in find_sets(arguments.root):
        if set(reference.streams) != {"mic", "system"}:
            continue
        if arguments.only and reference.name not in arguments.only:
            continue
        rows = json.loads((reference.folder / "words.json").read_text())
        near, remote = words_of(rows, "mic"), words_of(rows, "system")
        level_db, cost = erle(reference)
        for echo in ("on", "off"):
            heard = words_of(transcribe(reference, echo, arguments.point), "mic")
            own = matched(heard, near)
            foreign = [word for i, word in enumerate(heard) if i not in own]
            twice = 100 * len(matched(foreign, remote)) / max(1, len(remote))
            wer = 100 * word_errors(heard, near) / max(1, len(near))
            signal = f"{level_db:.1f} | {cost:.1f} %" if echo == "on" else "- | -"
            sys.stdout.write(
                f"| {reference.name} | {echo} | {len(remote)} | {twice:.1f} % | {len(near)} "
                f"| {wer:.1f} | {signal} |\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
