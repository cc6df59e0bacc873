"""Promises with a number, and whether a measurement keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

ROUNDING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One promise: a value at most as large as a limit.

    Attributes:
        value: None when it could not be measured, which is not a miss.
    """

    name: str
    unit: str
    limit: float
    value: float | None

    @property
    def is_missed(self) -> bool:
        """Whether the value is above the limit."""
        return self.value is not None and self.value > self.limit

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        ok = None if self.value is None else not self.is_missed
        record: dict[str, Any] = rounded(asdict(self))
        return record | {"ok": ok}


def all_kept(targets: Iterable[Target]) -> bool:
    """Whether no target is missed."""
    return not any(target.is_missed for target in targets)


def rounded(value: Any) -> Any:
    """JSON-ready values with numbers of three decimals."""
    if isinstance(value, float):
        return round(value, ROUNDING)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value
