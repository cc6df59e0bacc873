"""Steps that bring an older `settings.toml` to the current schema, one per version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.domain.errors import BugError, KnownError
from app.domain.sentences import say
from app.settings.schema import SCHEMA_VERSION

Tables = dict[str, Any]
"""A settings file as parsed: tables of values."""
Step = Callable[[Tables], None]


@dataclass(slots=True)
class Upgrades:
    """A chain of steps; version 1 is the first schema and needs none."""

    current: int
    steps: dict[int, Step] = field(default_factory=dict)

    def upgrade(self, *, to: int) -> Callable[[Step], Step]:
        """Register the step that turns version `to - 1` into `to`, changing the tables in place.

        Raises:
            BugError: The version has a step, or lies outside 2..current.
        """
        if to in self.steps or not 2 <= to <= self.current:
            raise BugError(f"a step to settings version {to} is registered twice or impossible")

        def register(step: Step) -> Step:
            self.steps[to] = step
            return step

        return register

    def apply(self, tables: Tables, *, version: int, origin: str) -> Tables:
        """Bring `tables` from `version` to the current one; the argument is changed.

        Raises:
            KnownError: The file was written by a newer program.
            BugError: A step is missing.
        """
        if version > self.current:
            raise KnownError(
                say(
                    "{origin} was written by a newer Crosstalk (settings version {version}). "
                    "It was left as it is; update Crosstalk, or move the file away.",
                    origin=origin,
                    version=version,
                )
            )
        for target in range(version + 1, self.current + 1):
            step = self.steps.get(target)
            if step is None:
                raise BugError(f"no step brings the settings to version {target}")
            step(tables)
        return tables


UPGRADES = Upgrades(current=SCHEMA_VERSION)
upgrade = UPGRADES.upgrade
