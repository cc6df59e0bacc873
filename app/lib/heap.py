"""Keeps a process with many threads from holding memory that it has given back.

glibc gives every thread a heap of its own and keeps freed blocks of up to 32 MB in it. Threads that
take turns with buffers of some megabytes, as those of neural networks do, hold a multiple of what
any of them needs.
"""

from __future__ import annotations

import ctypes
import logging
import sys

log = logging.getLogger(__name__)

# malloc.h of glibc.
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
ARENAS = 2
LARGE_BYTES = 1 << 20
"""Blocks from this size on go back to the system when they are freed."""


def share_heaps() -> bool:
    """Let all threads share few heaps; call it before there are threads.

    Returns:
        Whether the C library can do that: glibc alone.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError) as error:
        log.info("heaps stay as they are: %s", error)
        return False
    return bool(mallopt(_ARENA_MAX, ARENAS)) and bool(mallopt(_MMAP_THRESHOLD, LARGE_BYTES))
