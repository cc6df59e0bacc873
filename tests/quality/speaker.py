"""Measure speaker recognition on voices that took no part in fitting it.

    python -m tests.quality.speaker DATA [--cache FILE] [--skip-times]

Prints Markdown: equal error rate, detection cost and calibration error by length of the clip;
what becomes of known and unknown voices at the shipped thresholds; ablations; times.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from app.bench.detection import calibration_error, equal_error_rate, minimum_cost
from app.domain.recognition import CERTAIN, PROBABLE, Calibration, posteriors
from app.domain.session import EmbedJob
from app.domain.units import SESSION_RATE_HZ
from app.engine.embed import embed_clips
from app.engine.models import LoadedModels
from app.lib.paths import resolve_paths
from app.services.calibrations import load_calibration
from tests.quality.fit_voices import MODEL_ID, Floats, Trials, calibrate, compare
from tests.quality.voice_trials import DURATIONS_S, Clip, embed_all

OLD_THRESHOLD = 0.60
"""Cosine that the ablation without calibration accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of voices at the shipped thresholds, as shares of all."""

    right_certain: float
    right_probable: float
    wrong_certain: float
    wrong: float
    chances: Floats
    is_right: npt.NDArray[np.bool_]


def chances_of(trials: Trials, calibration: Calibration) -> Floats:
    """Log likelihood ratios of trials."""
    return np.array(
        [
            calibration.weights.log_odds(score, speech, enrolled)
            for score, speech, enrolled in zip(
                trials.score, trials.speech_s, trials.enrolled_s, strict=True
            )
        ]
    )


def identify(enrolled: Sequence[Clip], heard: Sequence[Clip], calibration: Calibration) -> Fate:
    """Identify each clip among all enrolled people, as the product does."""
    cohort = calibration.cohort if len(calibration.cohort) else None
    odds = chances_of(compare(enrolled, heard, cohort), calibration)
    odds = odds.reshape(len(heard), len(enrolled))
    chances, right = [], []
    for clip, row in zip(heard, odds, strict=True):
        shares = posteriors(list(row))
        best = int(np.argmax(shares))
        chances.append(shares[best])
        right.append(enrolled[best].speaker == clip.speaker)
    chance, is_right = np.array(chances), np.array(right)
    return Fate(
        right_certain=float(np.mean(is_right & (chance >= CERTAIN))),
        right_probable=float(np.mean(is_right & (chance >= PROBABLE) & (chance < CERTAIN))),
        wrong_certain=float(np.mean(~is_right & (chance >= CERTAIN))),
        wrong=float(np.mean(~is_right & (chance >= PROBABLE))),
        chances=chance,
        is_right=is_right,
    )


def gallery_of(clips: Sequence[Clip]) -> list[Clip]:
    """One enrollment per test person: the longest."""
    longest: dict[str, Clip] = {}
    for clip in clips:
        if clip.part == "test" and clip.is_enrollment:
            known = longest.get(clip.speaker)
            if known is None or clip.seconds > known.seconds:
                longest[clip.speaker] = clip
    return list(longest.values())


def report(clips: Sequence[Clip], shipped: Calibration) -> str:
    """All tables."""
    gallery = gallery_of(clips)
    heard = [c for c in clips if c.part == "test" and not c.is_enrollment]
    people = {c.speaker for c in gallery}
    lines = [
        f"{len(gallery)} people enrolled, {len(set(c.speaker for c in heard) - people)} strangers."
    ]
    raw = calibrate(clips, cohort=None)
    lines += [
        "",
        "| speech | condition | trials (same) | EER % | minDCF(0.01) | ECE | EER % no AS-norm "
        "| ECE no AS-norm | ECE no calibration |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for seconds in DURATIONS_S:
        for is_clean in (True, False):
            some = [
                c for c in heard if c.seconds == seconds and (c.condition == "clean") == is_clean
            ]
            label = "clean" if is_clean else "damaged"
            lines.append(_row(f"{seconds} s", label, gallery, some, shipped, raw))
    for label, some in (
        (">= 3 s clean", [c for c in heard if c.seconds >= 3 and c.condition == "clean"]),
        (">= 3 s damaged", [c for c in heard if c.seconds >= 3 and c.condition != "clean"]),
        (">= 3 s all", [c for c in heard if c.seconds >= 3]),
        ("all", heard),
    ):
        lines.append(_row(label, "", gallery, some, shipped, raw))
    lines += [
        "",
        "| speech | known: certain and right % | probable and right % | named wrongly % "
        "| strangers named % | strangers certain % | ECE of the best name |",
        "|---|---|---|---|---|---|---|",
    ]
    for seconds in (*DURATIONS_S, 0):
        some = [c for c in heard if c.seconds == seconds or (seconds == 0 and c.seconds >= 3)]
        known = identify(gallery, [c for c in some if c.speaker in people], shipped)
        strange = identify(gallery, [c for c in some if c.speaker not in people], shipped)
        both_chances = np.concatenate([known.chances, strange.chances])
        both_right = np.concatenate([known.is_right, strange.is_right])
        cells = [
            f"{seconds} s" if seconds else ">= 3 s",
            *(f"{100 * v:.1f}" for v in (known.right_certain, known.right_probable, known.wrong)),
            f"{100 * strange.wrong:.2f}",
            f"{100 * strange.wrong_certain:.2f}",
            f"{calibration_error(both_chances, both_right):.3f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    known_clips = [c for c in heard if c.speaker in people and c.seconds >= 3]
    strangers = [c for c in heard if c.speaker not in people and c.seconds >= 3]
    bare = identify(gallery, strangers, raw)
    by_cosine = compare(gallery, strangers, None).score.reshape(len(strangers), -1).max(axis=1)
    right_by_cosine = compare(gallery, known_clips, None)
    own = right_by_cosine.score[right_by_cosine.is_target]
    lines += [
        "",
        f"Strangers named at >= 3 s: "
        f"shipped {100 * identify(gallery, strangers, shipped).wrong:.2f} %, "
        f"without AS-norm {100 * bare.wrong:.2f} %, "
        f"cosine over {OLD_THRESHOLD:g} {100 * np.mean(by_cosine >= OLD_THRESHOLD):.2f} % "
        f"(which misses {100 * np.mean(own < OLD_THRESHOLD):.1f} % of the known).",
    ]
    return "\n".join(lines) + "\n"


def times(data: Path) -> str:
    """Milliseconds to find, embed and compare speech with 20 people, models loaded."""
    paths = resolve_paths()
    models = LoadedModels(paths.models_dir)
    files = sorted((data / "speech").glob("*/*.flac"))[:4]
    speech = np.concatenate([soundfile.read(file, dtype="int16")[0] for file in files])
    shipped = load_calibration(paths.resources_dir / "cohort", MODEL_ID)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for what, seconds in (("identify", 5), ("identify", 10), ("enroll", 15), ("enroll", 30)):
            clip = Path(folder) / "clip.s16"
            clip.write_bytes(speech[: seconds * SESSION_RATE_HZ].astype("<i2").tobytes())
            is_enrolling = what == "enroll"
            job = EmbedJob(models_dir=paths.models_dir, clips=(clip,), checks_voice=is_enrolling)
            spent = []
            for _ in range(6):
                started, busy = time.perf_counter(), time.process_time()
                embedding = embed_clips(job, models)[0]
                vector = np.asarray(embedding.vector, dtype=np.float32)
                for _person in range(20):
                    shipped.score(vector, vector)
                spent.append((time.perf_counter() - started, time.process_time() - busy))
            wall_s, processor_s = min(spent[1:])
            lines.append(
                f"{what} {seconds} s: {1000 * wall_s:.0f} ms, processor {1000 * processor_s:.0f} ms"
            )
    return "\n".join(lines) + "\n"


def _row(
    label: str,
    condition: str,
    gallery: Sequence[Clip],
    heard: Sequence[Clip],
    shipped: Calibration,
    raw: Calibration,
) -> str:
    trials, cosines = compare(gallery, heard, shipped.cohort), compare(gallery, heard, None)
    target = trials.is_target
    odds, raw_odds = chances_of(trials, shipped), chances_of(cosines, raw)
    cells = [
        label,
        condition,
        f"{len(target)} ({target.sum()})",
        f"{100 * equal_error_rate(odds, target):.2f}",
        f"{minimum_cost(odds, target):.3f}",
        f"{calibration_error(_sigmoid(odds), target, is_balanced=True):.3f}",
        f"{100 * equal_error_rate(raw_odds, target):.2f}",
        f"{calibration_error(_sigmoid(raw_odds), target, is_balanced=True):.3f}",
        f"{calibration_error(np.clip(cosines.score, 0, 1), target, is_balanced=True):.3f}",
    ]
    return "| " + " | ".join(cells) + " |"


def _sigmoid(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -40, 40))))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.speaker")
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("out/quality/voices.npz"))
    parser.add_argument("--skip-times", action="store_true")
    arguments = parser.parse_args()
    paths = resolve_paths()
    clips = embed_all(arguments.data, paths.models_dir, arguments.cache)
    sys.stdout.write(report(clips, load_calibration(paths.resources_dir / "cohort", MODEL_ID)))
    if not arguments.skip_times:
        sys.stdout.write("\n" + times(arguments.data))


if __name__ == "__main__":
    main()
