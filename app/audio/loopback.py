"""System audio on Linux: the monitor of an output, recorded by PulseAudio's own `parec`.

A child process keeps the program's garbage collector and interpreter lock away from the sound
server: `parec` buffers without limit while this process is busy, and dies with the pipe when
this process is killed. Samples come at the source's native rate and channels, so that neither
server resamples or mixes down (PipeWire's mono mix is 3 dB too loud).
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import threading

import numpy as np

from app.audio.ring import Ring
from app.domain.errors import Category, KnownError
from app.domain.ports import InputDevice
from app.lib.clock import Clock
from app.lib.threads import Worker

log = logging.getLogger(__name__)

CLIENT_NAME = "Crosstalk"
LATENCY_MS = 30
"""Size of the pieces asked of the server: lower values make it wake the output more often."""
_READ_BYTES = 65_536
_JOIN_S = 5.0


class PulseInput:
    """A Pulse source recorded through `parec`.

    Raises:
        KnownError: `parec` is not installed.
    """

    def __init__(self, device: InputDevice, clock: Clock, ring: Ring) -> None:
        self.device = device
        self.ring = ring
        self._clock = clock
        self._is_closed = False
        self._started_or_ended = threading.Event()
        program = shutil.which("parec")
        if program is None:
            raise KnownError(
                "System audio needs the program parec, which is not installed. "
                "Install it (Debian and Ubuntu: apt install pulseaudio-utils) and try again.",
                category=Category.DEVICE,
            )
        command = [
            program, "--raw", "--format=s16le", "--no-remap",
            f"--rate={device.rate_hz}", f"--channels={device.channels}",
            f"--latency-msec={LATENCY_MS}", f"--device={device.key}",
            f"--client-name={CLIENT_NAME}", f"--stream-name={device.stream}",
        ]  # fmt: skip
        # A session of its own: Ctrl-C in the terminal must reach this program alone.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        self.process_id = self._process.pid
        self._worker = Worker(f"capture-{device.stream}", self._read).start()

    @property
    def is_lost(self) -> bool:
        """Whether the source ended by itself."""
        return not self._worker.is_alive and not self._is_closed

    def wait_started(self, timeout_s: float) -> bool:
        """Wait for the first frame."""
        self._started_or_ended.wait(timeout_s)
        return self.ring.last_position > 0

    def close(self) -> None:
        """Stop capturing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._process.terminate()
        if not self._worker.join(_JOIN_S):
            self._process.kill()
            self._worker.join(_JOIN_S)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self, _stop: threading.Event) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        frame_bytes = 2 * self.ring.channels
        partial = b""
        while data := pipe.read(_READ_BYTES):
            data = partial + data
            whole = len(data) // frame_bytes * frame_bytes
            partial = data[whole:]
            if whole:
                frames = np.frombuffer(data[:whole], dtype="<i2").reshape(-1, self.ring.channels)
                self.ring.write(frames, self._clock.monotonic())
                self._started_or_ended.set()
        self._started_or_ended.set()
