"""Keeps Python's garbage collector from holding the window up.

A full collection looks at every object of the process with the interpreter's lock held. The
modules and classes of a started program are several hundred thousand, which takes 70 to 200 ms on
two busy cores, and none of them ever becomes garbage.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

THRESHOLDS = (50_000, 50, 20)
"""A transcript's words arrive as tens of thousands of objects that stay: look at them less often.

Looking after every 10,000 took a third of the opening of a meeting of three hours.
"""


@contextmanager
def calm_collector() -> Iterator[Callable[[], None]]:
    """Inside the block, collections leave out everything that exists at its start.

    Yields:
        A function to call when more has been made that stays.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield gc.freeze
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
