"""Make the shipped cohort and calibration of speaker recognition.

    python -m tests.quality.fit_voices DATA [--cache FILE] [--out resources/cohort]

DATA is a folder as `voice_trials` describes it; only its cohort and fit parts are used.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.domain.messages import Float32Array
from app.domain.recognition import Calibration, LogisticWeights
from app.lib.paths import resolve_paths
from tests.quality.voice_trials import Clip, embed_all

MODEL_ID = "campplus-zh-en"
NEAREST_COUNT = 50
RIDGE = 1e-4

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """Comparisons of clips with enrollments, one row each.

    Attributes:
        score: Normalised, or the cosine.
        is_target: Both sides are one person.
    """

    score: Floats
    speech_s: Floats
    enrolled_s: Floats
    is_target: npt.NDArray[np.bool_]


def cohort_of(clips: Sequence[Clip]) -> Float32Array:
    """The cohort as it ships: rounded to float16."""
    vectors = np.stack([c.vector for c in clips if c.part == "cohort"])
    return vectors.astype(np.float16).astype(np.float32)


def compare(enrolled: Sequence[Clip], heard: Sequence[Clip], cohort: Float32Array | None) -> Trials:
    """All pairs of two lists of clips, scored with a cohort or (None) by cosine."""
    people = np.stack([c.vector for c in enrolled]).astype(np.float64)
    voices = np.stack([c.vector for c in heard]).astype(np.float64)
    scores = voices @ people.T
    if cohort is not None:
        voice_mean, voice_spread = _strangers(voices, cohort)
        person_mean, person_spread = _strangers(people, cohort)
        scores = 0.5 * (
            (scores - voice_mean[:, None]) / voice_spread[:, None]
            + (scores - person_mean) / person_spread
        )
    shape = scores.shape
    return Trials(
        score=scores.ravel(),
        speech_s=np.broadcast_to(np.array([[c.seconds] for c in heard]), shape).ravel(),
        enrolled_s=np.broadcast_to(np.array([c.seconds for c in enrolled]), shape).ravel(),
        is_target=np.array([[h.speaker == e.speaker for e in enrolled] for h in heard]).ravel(),
    )


def fit(trials: Trials) -> LogisticWeights:
    """Logistic regression by Newton's method; both classes weigh the same in all."""
    heard, stored = np.log(trials.speech_s), np.log(np.minimum(trials.enrolled_s, 30.0))
    ones = np.ones_like(trials.score)
    design = np.stack([ones, trials.score, trials.score * heard, heard, stored], axis=1)
    scale = np.maximum(design.std(axis=0), 1e-9)
    scale[0] = 1.0
    features = design / scale
    target = trials.is_target
    weight = np.where(target, 0.5 / target.sum(), 0.5 / (~target).sum())
    beta = np.zeros(features.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(features @ beta, -40, 40)))
        gradient = features.T @ (weight * (chance - target)) + RIDGE * beta
        curvature = (features * (weight * chance * (1 - chance))[:, None]).T @ features
        step = np.linalg.solve(curvature + RIDGE * np.eye(len(beta)), gradient)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    bias, slope, slope_speech, speech, enrolled = (beta / scale).tolist()
    return LogisticWeights(
        bias=bias, slope=slope, slope_speech=slope_speech, speech=speech, enrolled=enrolled
    )


def calibrate(clips: Sequence[Clip], *, cohort: Float32Array | None) -> Calibration:
    """Fit on the fit part; None leaves score normalisation out."""
    enrolled = [c for c in clips if c.part == "fit" and c.is_enrollment]
    heard = [c for c in clips if c.part == "fit" and not c.is_enrollment]
    weights = fit(compare(enrolled, heard, cohort))
    if cohort is None:
        return Calibration(model_id=MODEL_ID, weights=weights)
    return Calibration(
        model_id=MODEL_ID, weights=weights, cohort=cohort, nearest_count=NEAREST_COUNT
    )


def _strangers(vectors: Floats, cohort: Float32Array) -> tuple[Floats, Floats]:
    nearest = np.sort(vectors @ cohort.astype(np.float64).T, axis=1)[:, -NEAREST_COUNT:]
    return nearest.mean(axis=1), nearest.std(axis=1)


def main() -> None:
    """Write `MODEL_ID.npz` and `MODEL_ID.json`."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.fit_voices")
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("out/quality/voices.npz"))
    parser.add_argument("--out", type=Path, default=Path("resources/cohort"))
    arguments = parser.parse_args()
    clips = embed_all(arguments.data, resolve_paths().models_dir, arguments.cache)
    calibration = calibrate(clips, cohort=cohort_of(clips))
    arguments.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        arguments.out / f"{MODEL_ID}.npz", vectors=calibration.cohort.astype(np.float16)
    )
    fitted = {
        "model_id": MODEL_ID,
        "nearest_count": NEAREST_COUNT,
        "weights": {name: round(v, 6) for name, v in asdict(calibration.weights).items()},
    }
    (arguments.out / f"{MODEL_ID}.json").write_text(json.dumps(fitted, indent=2) + "\n")
    sys.stdout.write(json.dumps(fitted, indent=2) + "\n")


if __name__ == "__main__":
    main()
