"""The calibrations that ship with the program, one per embedding model."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np

from app.domain.recognition import Calibration, LogisticWeights, uncalibrated


@lru_cache(maxsize=4)
def load_calibration(folder: Path, model_id: str) -> Calibration:
    """Read `MODEL_ID.json` and the cohort `MODEL_ID.npz` beside it.

    Returns:
        The calibration; for a model that has none, a careful one that is never certain.
    """
    facts_file, cohort_file = folder / f"{model_id}.json", folder / f"{model_id}.npz"
    if not facts_file.exists() or not cohort_file.exists():
        return uncalibrated(model_id)
    facts = json.loads(facts_file.read_text(encoding="utf-8"))
    with np.load(cohort_file) as stored:
        vectors = stored["vectors"].astype(np.float32)
    return Calibration(
        model_id=facts["model_id"],
        weights=LogisticWeights(**facts["weights"]),
        cohort=vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        nearest_count=int(facts["nearest_count"]),
    )
