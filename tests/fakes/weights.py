"""Weights that are there, or not, because a test says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.domain.errors import KnownError
from app.domain.ports import ModelStatus
from app.domain.session import REFINER_MODEL, SEPARATION_MODEL, ModelChoice

_DEFAULTS = {
    ModelChoice().vad: "vad",
    ModelChoice().segmentation: "segmentation",
    ModelChoice().embedding: "embedding",
    ModelChoice().asr_partial: "asr",
    ModelChoice().asr_final: "asr",
    SEPARATION_MODEL: "separation",
    REFINER_MODEL: "refinement",
}


class FakeWeights:
    """A `WeightsStore` with the default set, all present."""

    def __init__(self) -> None:
        self.statuses = {
            model_id: ModelStatus(
                model_id=model_id,
                role=role,
                title=model_id.title(),
                licence="MIT",
                languages=("*",) if model_id == ModelChoice().asr_final else ("en",),
                size_bytes=1_000_000,
                memory_mb=100,
                is_default=role != "separation",
                state="ok",
                folder=Path("/weights") / model_id,
                fits_this_machine=True,
                sha256="ab" * 32,
            )
            for model_id, role in _DEFAULTS.items()
        }
        self.fetched: list[str] = []

    def set_state(self, model_id: str, state: str) -> None:
        self.statuses[model_id] = replace(self.statuses[model_id], state=state)

    def list(self) -> tuple[ModelStatus, ...]:
        return tuple(self.statuses.values())

    def verify(self, model_id: str | None = None) -> tuple[ModelStatus, ...]:
        return tuple(s for s in self.list() if model_id in (None, s.model_id))

    def fetch(
        self,
        model_id: str,
        on_progress: Callable[[str, float], None] | None = None,
        cancel: threading.Event | None = None,
        pause: threading.Event | None = None,
    ) -> ModelStatus:
        if model_id not in self.statuses:
            raise KnownError(f"{model_id} is not a known model.")
        if on_progress is not None:
            on_progress(model_id, 1.0)
        self.fetched.append(model_id)
        self.set_state(model_id, "ok")
        return self.statuses[model_id]

    def import_folder(self, folder: Path) -> tuple[ModelStatus, ...]:
        found = [self.statuses[p.name] for p in folder.iterdir() if p.name in self.statuses]
        if not found:
            raise KnownError(f"{folder} holds no complete model.")
        return tuple(found)
