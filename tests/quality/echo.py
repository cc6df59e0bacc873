"""Measures how much echo the canceller takes away, on sets with a microphone and system audio.

    python -m tests.quality.echo DIR [--only NAME]

Prints a Markdown table: echo taken away while only the remote side talks (ERLE) and processor
time. What this is worth in words, `crosstalk bench echo` measures. Needs `words.json` beside the
reference.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from app.pipeline.echo import EchoCleaner
from tests.quality.sets import RATE_HZ, ReferenceSet, find_sets


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.echo", description=__doc__)
    parser.add_argument("root", type=Path, help="folder with reference sets, at any depth")
    parser.add_argument("--only", action="append", help="a set's name; may be repeated")
    arguments = parser.parse_args()
    sys.stdout.write("| set | ERLE dB | CPU |\n|---|---|---|\n")
    for reference in find_sets(arguments.root):
        if set(reference.streams) != {"mic", "system"}:
            continue
        if arguments.only and reference.name not in arguments.only:
            continue
        level_db, cost = erle(reference)
        sys.stdout.write(f"| {reference.name} | {level_db:.1f} | {cost:.1f} % |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
