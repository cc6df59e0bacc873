"""A private PulseAudio server with a pretend meeting output and a pretend microphone.

For every test that needs real sound; works in a container, as root, without hardware, D-Bus or
a running sound server, and does not touch one that runs. Use it as a context manager:

    with SoundServer() as server:
        server.play(path, SYSTEM_SINK).wait()

While it is entered, `PULSE_SERVER` in this process's environment points at it, so code under
test in this process and its children (`crosstalk record ...`) use it. `server.environment` holds
the variables for a child that is given an environment of its own.

What a test hears:

* Sound played into SYSTEM_SINK ("meeting_out", stereo, the default output) appears in
  SYSTEM_SOURCE ("meeting_out.monitor"): the system audio.
* Sound played into MIC_SINK ("mic_sink", mono) appears in MICROPHONE ("virtual_mic"), the
  default microphone.
* Both sinks run at RATE_HZ in 16 bit: samples played at that rate arrive bit for bit.

Two habits of PulseAudio to know:

* A monitor of an idle output may deliver its first sample up to 2 s after it was opened (the
  output has mixed that much silence ahead): wait until both streams of a recording have samples
  before playing.
* When something starts to play on an idle output, up to one latency block (30 ms) of its start
  reads as silence in the monitor, though nothing is shifted. Begin the sound with LEAD_IN_S of
  silence where every sample counts.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pulsectl
import pytest

RATE_HZ = 48_000
SYSTEM_SINK = "meeting_out"
SYSTEM_SOURCE = "meeting_out.monitor"
MIC_SINK = "mic_sink"
MICROPHONE = "virtual_mic"
LEAD_IN_S = 0.25

_START_TRIES = 200
_TRY_EVERY_S = 0.05
_STOP_TIMEOUT_S = 5.0
_PR_SET_PDEATHSIG = 1
_CONFIGURATION = f"""\
.fail
load-module module-native-protocol-unix socket={{socket}} auth-anonymous=1
load-module module-null-sink sink_name={SYSTEM_SINK} format=s16le rate={RATE_HZ} channels=2 \
sink_properties=device.description=Meeting_speakers
load-module module-null-sink sink_name={MIC_SINK} format=s16le rate={RATE_HZ} channels=1 \
sink_properties=device.description=Microphone_feed
load-module module-remap-source source_name={MICROPHONE} master={MIC_SINK}.monitor \
source_properties=device.description=Virtual_microphone
set-default-sink {SYSTEM_SINK}
set-default-source {MICROPHONE}
"""


def is_available() -> bool:
    """Whether PulseAudio and its tools are installed."""
    return all(shutil.which(program) for program in ("pulseaudio", "paplay", "parec"))


class SoundServer:
    """A PulseAudio daemon of its own in a folder of its own; see the module."""

    def __init__(self) -> None:
        self._daemons: list[subprocess.Popen[bytes]] = []
        self._players: list[subprocess.Popen[bytes]] = []
        self._outer: dict[str, str | None] = {}
        self._folder = Path()

    @property
    def address(self) -> str:
        """What PULSE_SERVER must hold."""
        return f"unix:{self._folder}/native"

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment, pointing at the server."""
        return {**os.environ, "PULSE_SERVER": self.address}

    def __enter__(self) -> SoundServer:
        # The path of a socket may have 107 characters at most: pytest's folders can be too deep.
        self._folder = Path(tempfile.mkdtemp(prefix="crosstalk-pulse-", dir="/tmp"))
        try:
            self.start()
        except BaseException:
            self._remove_folder()
            raise
        for name, value in (("PULSE_SERVER", self.address), ("PULSE_SOURCE", None)):
            self._outer[name] = os.environ.get(name)
            _set_environment(name, value)
        return self

    def __exit__(self, *_: object) -> None:
        for name, value in self._outer.items():
            _set_environment(name, value)
        for player in self._players:
            if player.poll() is None:
                player.kill()
            player.wait(_STOP_TIMEOUT_S)
        self.kill()
        self._remove_folder()

    def start(self) -> None:
        """Start the daemon (again, after `kill`) and wait until it answers."""
        self._launch()
        self._wait_until(self._answers)

    def _wait_until(self, is_ready: Callable[[], bool]) -> None:
        for _ in range(_START_TRIES):
            if is_ready():
                return
            try:
                self._daemons[-1].wait(_TRY_EVERY_S)
            except subprocess.TimeoutExpired:
                if all(daemon.poll() is None for daemon in self._daemons):
                    continue
            break
        text = (self._folder / "log").read_text(errors="replace")
        self.kill()
        raise RuntimeError(f"the private {type(self).__name__} did not start:\n{text}")

    def _launch(self) -> None:
        """Start the daemon, which answers soon afterwards."""
        configuration = self._folder / "default.pa"
        configuration.write_text(_CONFIGURATION.format(socket=self._folder / "native"))
        self._run(
            "pulseaudio", "-n", "-F", str(configuration), "--daemonize=no",
            "--exit-idle-time=300", "--use-pid-file=no", "--disable-shm=yes",
            "--high-priority=no", "--realtime=no", "--log-level=notice",
        )  # fmt: skip

    def _run(self, *command: str) -> None:
        """Start a program that sees nothing of the machine's own sound servers and buses."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "XDG_RUNTIME_DIR": str(self._folder),
            "XDG_CONFIG_HOME": str(self._folder),
            "XDG_STATE_HOME": str(self._folder),
            "PULSE_RUNTIME_PATH": str(self._folder),
            "PULSE_STATE_PATH": str(self._folder),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "DBUS_SYSTEM_BUS_ADDRESS": "disabled:",
        }
        with (self._folder / "log").open("ab") as log:
            daemon = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self._daemons.append(daemon)

    def kill(self) -> None:
        """End the daemon at once, as a crash would; `start` brings it back."""
        while self._daemons:
            daemon = self._daemons.pop()
            with suppress(ProcessLookupError):  # it ended by itself, and was waited for
                os.killpg(daemon.pid, signal.SIGKILL)
            daemon.wait(_STOP_TIMEOUT_S)
        (self._folder / "native").unlink(missing_ok=True)

    def play(self, path: Path, sink: str, latency_ms: int = 500) -> subprocess.Popen[bytes]:
        """Play a WAV, FLAC or Ogg file into a sink; `wait()` on the answer ends with the sound."""
        player = subprocess.Popen(
            ["paplay", f"--device={sink}", f"--latency-msec={latency_ms}", str(path)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
        )
        self._players.append(player)
        return player

    def control(self, *arguments: str) -> str:
        """Run `pactl` with arguments, for example "load-module", ...; returns what it prints."""
        done = subprocess.run(
            ["pactl", *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=10,
        )
        return done.stdout.strip()

    def _answers(self) -> bool:
        try:
            with pulsectl.Pulse("probe", connect=False, server=self.address) as pulse:
                pulse.connect()
                return any(source.name == MICROPHONE for source in pulse.source_list())
        except pulsectl.PulseError:
            return False

    def _remove_folder(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture
def sound_server():
    """A running `SoundServer`; skips where PulseAudio is not installed."""
    if not is_available():
        pytest.skip("PulseAudio is not installed")
    with SoundServer() as server:
        yield server


def _set_environment(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
