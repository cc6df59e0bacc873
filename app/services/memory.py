"""How much memory the program and its engine hold."""

from __future__ import annotations

import sys

import psutil


def own_peak_rss_mb() -> float:
    """The most memory that this process ever held, in MB; what it holds now on Windows."""
    if sys.platform == "win32":
        return float(psutil.Process().memory_info().rss) / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, Linux counts units of 1024 bytes.
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def children_rss_mb() -> float:
    """What the child processes hold now, in MB: the engine, when it runs in its own process."""
    total = 0
    for child in psutil.Process().children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.Error:  # it ended meanwhile
            continue
    return total / 1e6
