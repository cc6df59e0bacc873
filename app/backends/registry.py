"""Which model files exist: found by scanning, without importing anything heavy."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from app.domain.errors import Category, KnownError
from app.domain.ports import BackendInfo
from app.domain.sentences import say

log = logging.getLogger(__name__)

ROLES = ("vad", "segmentation", "separation", "refinement", "embedding", "asr")
ENTRY_POINT_GROUP = "crosstalk.backends"
"""Third parties register modules that hold `INFO` and `load`, as the files of a role do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One usable model file.

    Attributes:
        module_name: Where `INFO` and `load` stand.
    """

    info: BackendInfo
    module_name: str

    @property
    def load(self) -> Callable[..., Any]:
        """The module's `load(models_dir, ...)`; importing ML runtimes happens when it is called."""
        loader: Callable[..., Any] = importlib.import_module(self.module_name).load
        return loader


def backends(role: str | None = None) -> tuple[Backend, ...]:
    """All model files, or those of one role, ordered by role and id.

    A third-party module that cannot be imported is logged and left out.
    """
    return tuple(b for b in _scan() if role is None or b.info.role == role)


def find(role: str, backend_id: str) -> Backend:
    """The model file that plays `role` under `backend_id`.

    Raises:
        KnownError: There is none; the message lists the known ids.
    """
    candidates = backends(role)
    for backend in candidates:
        if backend.info.backend_id == backend_id:
            return backend
    known = ", ".join(b.info.backend_id for b in candidates) or "none"
    raise KnownError(
        say(
            'There is no {role} model called "{name}". Known ones: {known}.',
            role=role,
            name=backend_id,
            known=known,
        ),
        category=Category.INPUT,
    )


@lru_cache(maxsize=1)
def _scan() -> tuple[Backend, ...]:
    found: dict[tuple[str, str], Backend] = {}
    for module in (*_own_modules(), *_foreign_modules()):
        info = getattr(module, "INFO", None)
        if not isinstance(info, BackendInfo):
            continue
        # What ships with the program wins, so that a plug-in cannot replace a model unseen.
        found.setdefault(
            (info.role, info.backend_id), Backend(info=info, module_name=module.__name__)
        )
    return tuple(found[key] for key in sorted(found))


def _own_modules() -> tuple[ModuleType, ...]:
    modules: list[ModuleType] = []
    for role in ROLES:
        package = importlib.import_module(f"app.backends.{role}")
        names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
        modules += [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return tuple(modules)


def _foreign_modules() -> tuple[ModuleType, ...]:
    modules: list[ModuleType] = []
    for point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            module = point.load()
        except Exception as error:  # the boundary to code that is not ours
            log.warning("plug-in %s cannot be imported: %s", point.name, error)
            continue
        if isinstance(module, ModuleType):
            modules.append(module)
    return tuple(modules)
