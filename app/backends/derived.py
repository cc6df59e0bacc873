"""Files that are made once from a checkpoint, such as its ONNX export."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from app.domain.errors import Category, KnownError
from app.domain.sentences import say


def find_checkpoint(models_dir: Path, model_id: str, file_name: str) -> Path:
    """Locate one file of an installed model.

    Raises:
        KnownError: It is not there; the message names the command that brings it.
    """
    path = models_dir / model_id / file_name
    if not path.is_file():
        raise KnownError(
            say(
                'The weights of {model} are missing from {folder}. Run "crosstalk models '
                'fetch {model}".',
                model=model_id,
                folder=models_dir,
            ),
            category=Category.MISSING_MODEL,
        )
    return path


def derive(checkpoint: Path, file_name: str, make: Callable[[Path], None]) -> Path:
    """Return the file `file_name` derived from `checkpoint`, making it if it is not there yet.

    It lies beside the checkpoint, or, where that folder is read-only, in the user's cache folder
    under a name that holds the checkpoint's size and a hash of its path. A derived file older
    than its checkpoint is made again. Two processes may race: each writes a file of its own and
    moves it into place, so a reader never sees half of one.

    Args:
        checkpoint: The file it is made from; must exist.
        make: Writes the derived file to the path it is given.

    Raises:
        KnownError: Neither folder can be written.
    """
    beside = checkpoint.with_name(file_name)
    cached = _cache_folder(checkpoint) / file_name
    for existing in (beside, cached):
        if _is_fresh(existing, checkpoint):
            return existing
    target = beside if os.access(beside.parent, os.W_OK) else cached
    try:
        _make_atomically(target, make)
    except OSError as error:
        raise KnownError(
            say(
                "The model file {path} cannot be written ({cause}). Nothing was changed; "
                "free some disk space or make the folder writable.",
                path=target,
                cause=error.strerror,
            ),
            category=Category.DISK,
        ) from error
    return target


def _make_atomically(target: Path, make: Callable[[Path], None]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        temporary = Path(folder) / target.name
        make(temporary)
        temporary.replace(target)


def _is_fresh(derived: Path, checkpoint: Path) -> bool:
    return derived.is_file() and derived.stat().st_mtime >= checkpoint.stat().st_mtime


def _cache_folder(checkpoint: Path) -> Path:
    digest = hashlib.sha256(str(checkpoint.resolve()).encode()).hexdigest()[:16]
    root = Path(platformdirs.user_cache_dir("crosstalk", appauthor=False))
    return root / "derived" / f"{digest}-{checkpoint.stat().st_size}"
