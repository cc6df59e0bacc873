"""Make the shipped calibration of word confidence, and say what it is worth.

    python -m tests.quality.fit_confidence DATA... [--cache DIR] [--out resources/confidence]

DATA are folders with reference sets. Each set runs once live (`balanced`, off the clock) and once
through the final pass, without overlap rescue; a written word is right where the reference has
the same word within 2 s. The calibration error is that of recordings left out of the fit, one by
one; what ships is fitted on all of them.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.bench.alignment import match_tokens
from app.bench.play import Setup, play
from app.bench.sets import ReferenceSet, find_sets, read_words
from app.bench.text import tokens_of
from app.bootstrap import open_context
from app.cli.session import Launch
from app.domain.ids import StreamId
from app.domain.messages import DOUBT_BELOW, SegmentUpdate
from app.domain.session import ModelChoice, OperatingPoint
from app.engine.confidence import FINAL, LIVE, ConfidenceCurve, curve_of

MODEL_ID = "whisper-base"
COLLAR_S = 2.0
BIN_COUNT = 10
PASSES = {LIVE: OperatingPoint.BALANCED, FINAL: OperatingPoint.FINAL}

Floats = npt.NDArray[np.float64]
Scored = tuple[tuple[float, bool], ...]
"""Per written word, the recogniser's own probability and whether the word is right."""


def score(
    segments: Iterable[SegmentUpdate], reference: ReferenceSet, shipped: ConfidenceCurve
) -> Scored:
    """Which words of a transcript are right; words that score as nothing ("um") are left out.

    Args:
        shipped: What the product has made of the recogniser's own probabilities; it is undone.
    """

    def own(probability: float) -> float:
        odds = (ConfidenceCurve.log_odds(probability) - shipped.bias) / shipped.slope
        return 1 / (1 + math.exp(-odds))

    kept = list(segments)
    scored: list[tuple[float, bool]] = []
    for stream in StreamId:
        words = [
            w for s in kept if s.stream is stream for w in s.words if w.probability is not None
        ]
        words.sort(key=lambda word: word.span)
        written = [tokens_of([(w.text, w.span.start_s, w.span.end_s)]) for w in words]
        owners = [i for i, tokens in enumerate(written) for _ in tokens]
        spoken = tokens_of(
            (w.text, w.start_s, w.end_s) for w in read_words(reference) if w.stream is stream
        )
        pairs = match_tokens(spoken, [t for ts in written for t in ts], collar_s=COLLAR_S)
        right = [owners[j] for _, j in pairs]
        scored += [
            (own(words[i].probability or 0.0), right.count(i) == len(tokens))
            for i, tokens in enumerate(written)
            if tokens
        ]
    return tuple(scored)


def run(reference: ReferenceSet, name: str) -> Scored:
    """Play one set through the product."""
    setup = Setup(point=PASSES[name], is_realtime=False, models=ModelChoice(separation=None))
    with (
        tempfile.TemporaryDirectory() as folder,
        open_context(Launch(data_dir=Path(folder), is_verbose=False)) as context,
    ):
        take = play(context, reference.streams, setup, cancel=threading.Event())
    return score(take.transcript.segments, reference, curve_of(MODEL_ID, name))


def collect(sets: Sequence[ReferenceSet], name: str, cache: Path) -> dict[str, Scored]:
    """Scored words per set; sets in the cache are not run again."""
    found: dict[str, Scored] = {}
    for reference in sets:
        file = cache / f"{name}-{reference.folder.name}.json"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(run(reference, name)), encoding="utf-8")
        found[reference.name] = tuple((p, r) for p, r in json.loads(file.read_text("utf-8")))
    return found


def fit(scored: Scored) -> ConfidenceCurve:
    """Logistic regression on the log odds, by Newton's method (Platt, 1999)."""
    odds = np.array([ConfidenceCurve.log_odds(p) for p, _ in scored])
    right = np.array([r for _, r in scored], dtype=np.float64)
    design = np.stack([odds, np.ones_like(odds)], axis=1)
    beta = np.array([1.0, 0.0])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (chance - right)
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design
        beta -= np.linalg.solve(curvature + 1e-6 * np.eye(2), gradient)
    return ConfidenceCurve(slope=round(float(beta[0]), 3), bias=round(float(beta[1]), 3))


def calibration_error(scored: Scored, curve: Callable[[float], float]) -> float:
    """Expected calibration error in ten bins of equal width."""
    chance = np.array([curve(p) for p, _ in scored])
    right = np.array([r for _, r in scored], dtype=np.float64)
    bins = np.minimum((chance * BIN_COUNT).astype(int), BIN_COUNT - 1)
    gaps = [abs(float(chance[bins == b].sum() - right[bins == b].sum())) for b in range(BIN_COUNT)]
    return sum(gaps) / len(scored)


def left_out(by_set: Mapping[str, Scored]) -> list[tuple[ConfidenceCurve, Scored]]:
    """Per set, the curve fitted on all others."""
    return [
        (fit(tuple(w for name, words in by_set.items() if name != held for w in words)), scored)
        for held, scored in by_set.items()
    ]


def report(name: str, by_set: Mapping[str, Scored]) -> None:
    """Print the calibration error before and after."""
    everything = tuple(w for words in by_set.values() for w in words)
    before = calibration_error(everything, lambda p: p)
    # All held-out words together, each with the curve that has not seen its recording.
    held = tuple((curve(p), r) for curve, scored in left_out(by_set) for p, r in scored)
    after = calibration_error(held, lambda p: p)
    right = sum(r for _, r in everything) / len(everything)
    sys.stdout.write(
        f"{name}: {len(everything)} words of {len(by_set)} recordings, {right:.1%} right; "
        f"ECE {before:.3f}, on recordings left out {after:.3f}\n"
    )
    for label, words in (("before", everything), ("after", held)):
        doubted = [r for p, r in words if p < DOUBT_BELOW]
        wrong = sum(not r for _, r in words)
        caught = sum(not r for r in doubted)
        sys.stdout.write(
            f"  {label}: {len(doubted)} words shown as doubtful, {caught} of the {wrong} wrong\n"
        )


def main() -> None:
    """Write `MODEL_ID.json`."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.fit_confidence")
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, default=Path("build/confidence"))
    parser.add_argument("--out", type=Path, default=Path("resources/confidence"))
    options = parser.parse_args()
    sets = find_sets(options.data)
    curves = {}
    for name in PASSES:
        by_set = collect(sets, name, options.cache)
        report(name, by_set)
        curve = fit(tuple(w for words in by_set.values() for w in words))
        curves[name] = {"slope": curve.slope, "bias": curve.bias}
    options.out.mkdir(parents=True, exist_ok=True)
    record = {
        "model_id": MODEL_ID,
        "command": "python -m tests.quality.fit_confidence DATA...",
        **curves,
    }
    text = json.dumps(record, indent=1) + "\n"
    (options.out / f"{MODEL_ID}.json").write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    sys.exit(main())
