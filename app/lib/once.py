"""Attributes that are made when they are first read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - a decorator, as `property` is
    """An attribute that a method makes once, also when several threads ask at the same moment.

    `functools.cached_property` promises that in Python 3.11 only.
    """

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make
        self._name = make.__name__
        self._lock = threading.RLock()
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> once[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> T | once[T]:
        """The value; made now if nobody has asked before."""
        if instance is None:
            return self
        with self._lock:
            made = vars(instance)
            if self._name not in made:
                made[self._name] = self._make(instance)
            value: T = made[self._name]
            return value

    def __set__(self, instance: object, value: T) -> None:
        """Give the value instead of making it."""
        vars(instance)[self._name] = value

    def is_made(self, instance: object) -> bool:
        """Whether somebody has asked for it."""
        return self._name in vars(instance)
