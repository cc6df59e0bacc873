"""Keeps the computer from going to sleep while something is recorded.

Linux: a child of `systemd-inhibit`, which every desktop with logind honours; macOS: one of
`caffeinate`. Both end with this program, whatever ends it. Windows: SetThreadExecutionState,
which lasts as long as the thread that called it. Where none is there, the computer sleeps as it
likes; the recording goes on when it wakes.
"""

from __future__ import annotations

import ctypes
import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from app.lib.threads import Worker

log = logging.getLogger(__name__)

_STOP_S = 2.0
_WHY = "A meeting is being recorded"
# Windows SDK, winbase.h: ES_CONTINUOUS, ES_SYSTEM_REQUIRED.
_CONTINUOUS, _SYSTEM_REQUIRED = 0x80000000, 0x00000001


class Awake:
    """Holds the computer awake from its making until `release`.

    Thread: any; `release` is idempotent.
    """

    def __init__(self, platform: str = sys.platform) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._worker: Worker | None = None
        if platform == "win32":
            self._worker = Worker("keep-awake", hold_windows).start()
            return
        command = command_for(platform)
        if not command:
            log.info("nothing keeps this computer awake")
            return
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            log.info("%s does not start: %s", command[0], error)
        else:
            # Reaps the child at once where it refuses (no logind) and ends by itself.
            self._worker = Worker("keep-awake", lambda _stop: self._await()).start()

    def release(self) -> None:
        """Let the computer sleep again."""
        process = self._process
        if process is not None and process.stdin is not None and not process.stdin.closed:
            process.stdin.close()
            process.terminate()
        if self._worker is not None and not self._worker.stop(_STOP_S) and process is not None:
            process.kill()
            self._worker.join(_STOP_S)

    def _await(self) -> None:
        assert self._process is not None
        code = self._process.wait()
        log.info("the program that keeps this computer awake ended with %d", code)


def command_for(platform: str) -> Sequence[str]:
    """The program that keeps this system awake as long as it runs; empty where there is none."""
    if platform == "darwin":
        # -i: no idle sleep; -w: until this process ends.
        return ("caffeinate", "-i", "-w", str(os.getpid())) if shutil.which("caffeinate") else ()
    if shutil.which("systemd-inhibit"):
        return (
            "systemd-inhibit", "--what=sleep:idle", "--mode=block", "--who=Crosstalk",
            f"--why={_WHY}", "cat",
        )  # fmt: skip
    return ()


def hold_windows(stop: threading.Event, kernel: Any = None) -> None:
    """Ask Windows to stay awake until `stop` is set; the wish ends with this thread anyway."""
    kernel = kernel or _kernel()
    ask: Callable[[int], int] = kernel.SetThreadExecutionState
    if not ask(_CONTINUOUS | _SYSTEM_REQUIRED):
        log.info("Windows does not stay awake")
    stop.wait()
    ask(_CONTINUOUS)


def _kernel() -> Any:
    return getattr(ctypes, "windll").kernel32  # noqa: B009 - mypy knows no `windll` elsewhere
