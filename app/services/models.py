"""Weights: which are there, verify, fetch, import."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from app.domain.errors import KnownError
from app.domain.ports import ModelStatus, WeightsStore
from app.domain.sentences import say

DEFAULT_SET = "default"


class ModelsService:
    """Use cases on weights; `fetch` is the only one that opens a network connection."""

    def __init__(self, weights: WeightsStore) -> None:
        self._weights = weights

    def list(self) -> tuple[ModelStatus, ...]:
        """All known models."""
        return self._weights.list()

    def missing_defaults(self) -> tuple[ModelStatus, ...]:
        """Default models that are not on this machine (a cheap check, no hashing)."""
        return tuple(s for s in self._weights.list() if s.is_default and s.state != "ok")

    def verify(self, model_id: str | None = None) -> tuple[ModelStatus, ...]:
        """Check every file's sha256."""
        return self._weights.verify(model_id)

    def fetch(
        self,
        model_id: str,
        on_progress: Callable[[str, float], None] | None = None,
        cancel: threading.Event | None = None,
        pause: threading.Event | None = None,
    ) -> ModelStatus:
        """Get one model, or "default" for all default ones that are missing.

        Args:
            pause: While it is set, the download stands still.

        Returns:
            The status of the model, or of the last one of the set.

        Raises:
            KnownError: Unknown id, no source answered, or a wrong sha256; models fetched before
                are kept.
            Cancelled: `cancel` was set; models fetched before are kept.
        """
        if model_id != DEFAULT_SET:
            return self._weights.fetch(model_id, on_progress, cancel, pause)
        missing = self.missing_defaults()
        if not missing:
            defaults = [status for status in self._weights.list() if status.is_default]
            if not defaults:
                raise KnownError("The list of models names no default ones.")
            return defaults[-1]
        return [
            self._weights.fetch(status.model_id, on_progress, cancel, pause) for status in missing
        ][-1]

    def import_folder(self, folder: Path) -> tuple[ModelStatus, ...]:
        """Take all models whose files lie in `folder`.

        Raises:
            KnownError: The folder does not exist or holds no complete model.
        """
        if not folder.is_dir():
            raise KnownError(
                say("{folder} is not a folder: name the one that holds the weights.", folder=folder)
            )
        return self._weights.import_folder(folder)
