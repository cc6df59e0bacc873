"""What a bench ran on: without it a figure about speed says nothing."""

from __future__ import annotations

import os
import platform
from typing import Any

import psutil

from app import __version__
from app.lib.clock import Clock


def machine_record(clock: Clock) -> dict[str, Any]:
    """Date, version, processor and how busy the machine is, JSON-ready."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "date": clock.now().strftime("%Y-%m-%d %H:%M UTC"),
        "version": __version__,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": psutil.cpu_count() or 1,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_average": None if load is None else round(load, 2),
    }
