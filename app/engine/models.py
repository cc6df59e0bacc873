"""The models of one engine process, loaded when first needed and kept."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.backends import registry
from app.backends.clustering import agglomerative
from app.backends.manifest import load_manifest
from app.backends.separation import pixit
from app.backends.separation.asteroid_checkpoint import find_checkpoint
from app.backends.weights import MANIFEST_FILE
from app.domain.errors import KnownError
from app.domain.messages import ModelUse
from app.domain.ports import (
    AsrModel,
    ClusteringModel,
    EmbeddingModel,
    SegmentationModel,
    SeparationModel,
    VoiceActivityModel,
    VoiceRefiner,
)
from app.domain.session import (
    SEPARATION_MODEL,
    SEPARATION_NETWORKS,
    SEPARATION_PIXIT,
    ModelChoice,
    require_language,
)

log = logging.getLogger(__name__)


class LoadedModels:
    """A cache of loaded models; used by one activity at a time."""

    def __init__(self, models_dir: Path) -> None:
        self.models_dir = models_dir
        self._loaded: dict[tuple[str, str], Any] = {}
        self._used: dict[tuple[str, str], ModelUse] = {}

    def vad(self, backend_id: str) -> VoiceActivityModel:
        """A fresh voice activity model: it carries the state of one stream."""
        model: VoiceActivityModel = self._load("vad", backend_id, threads=1)
        return model

    def segmentation(self, backend_id: str, *, threads: int = 1) -> SegmentationModel:
        """The segmentation model."""
        model: SegmentationModel = self._get("segmentation", backend_id, threads)
        return model

    def embedding(self, backend_id: str, *, threads: int = 1) -> EmbeddingModel:
        """The speaker embedding model."""
        model: EmbeddingModel = self._get("embedding", backend_id, threads)
        return model

    def clustering(self) -> ClusteringModel:
        """The clustering of the final pass; it has no weights, so it is in no manifest."""
        return agglomerative.load()

    def asr(self, backend_id: str, *, threads: int = 1) -> AsrModel:
        """A recogniser."""
        model: AsrModel = self._get("asr", backend_id, threads)
        return model

    def background_asr(self, backend_id: str) -> AsrModel:
        """A copy of a recogniser whose threads have the priority of the thread that first asks."""
        key = ("asr", f"{backend_id}/background")
        if key not in self._loaded:
            self._loaded[key] = self._load("asr", backend_id, threads=1)
        model: AsrModel = self._loaded[key]
        return model

    def separation(self, name: str, *, threads: int = 2) -> SeparationModel:
        """A separation network: one of `SEPARATION_NETWORKS`, or a checkpoint of the user's.

        Raises:
            KnownError: It is not on this machine, or is no separation network of asteroid or
                pyannote.audio.
        """
        if name in SEPARATION_NETWORKS:
            known: SeparationModel = self._get("separation", name, threads)
            return known
        key = ("separation", f"{name}/{threads}")
        if key not in self._loaded:
            path = find_checkpoint(name)
            kind = SEPARATION_PIXIT if pixit.is_checkpoint(path) else SEPARATION_MODEL
            load = registry.find("separation", kind).load
            self._loaded[key] = load(self.models_dir, threads=threads, checkpoint=path)
            file_name = Path(name).name
            self._used["separation", file_name] = ModelUse(
                model_id=file_name, role="separation", version="", sha256=""
            )
            log.info("loaded a separation checkpoint of the user's")
        own: SeparationModel = self._loaded[key]
        return own

    def refiner(self, name: str, *, threads: int = 2) -> VoiceRefiner:
        """A refiner of voices that were taken apart by what they sound like alone."""
        model: VoiceRefiner = self._get("refinement", name, threads)
        return model

    def load_choice(self, choice: ModelChoice) -> tuple[ModelUse, ...]:
        """Load every model of `choice`.

        Raises:
            KnownError: Weights are missing; the message says which command brings them.
        """
        self.vad(choice.vad)
        self.segmentation(choice.segmentation)
        self.embedding(choice.embedding)
        self.asr(choice.asr_partial)
        self.asr(choice.asr_final)
        return self.used()

    def used(self) -> tuple[ModelUse, ...]:
        """Every model loaded so far."""
        return tuple(self._used[key] for key in sorted(self._used))

    def _get(self, role: str, backend_id: str, threads: int) -> Any:
        key = (role, f"{backend_id}/{threads}")
        if key not in self._loaded:
            self._loaded[key] = self._load(role, backend_id, threads=threads)
        return self._loaded[key]

    def _load(self, role: str, backend_id: str, *, threads: int) -> Any:
        model = registry.find(role, backend_id).load(self.models_dir, threads=threads)
        if (role, backend_id) not in self._used:
            self._used[role, backend_id] = _describe(role, backend_id)
            log.info("loaded %s %s", role, backend_id)
        return model


def for_language(choice: ModelChoice, language: str) -> ModelChoice:
    """The choice with recognisers that know `language` ("auto" needs one that knows many).

    Raises:
        KnownError: The final recogniser does not know the language.
    """
    require_language(choice.asr_final, _languages_of(choice.asr_final), language)
    try:
        require_language(choice.asr_partial, _languages_of(choice.asr_partial), language)
    except KnownError:
        return replace(choice, asr_partial=choice.asr_final)
    return choice


def _languages_of(backend_id: str) -> tuple[str, ...]:
    return registry.find("asr", backend_id).info.languages


def _describe(role: str, backend_id: str) -> ModelUse:
    """The manifest's version and hash; a third-party model that it does not list has neither."""
    manifest = load_manifest(MANIFEST_FILE)
    entry = next((e for e in manifest.models if e.model_id == backend_id), None)
    if entry is None:
        return ModelUse(model_id=backend_id, role=role, version="", sha256="")
    version = entry.sources[0].title if entry.sources else ""
    return ModelUse(model_id=backend_id, role=role, version=version, sha256=entry.sha256)
