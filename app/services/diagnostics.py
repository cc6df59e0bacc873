"""Checks that the machine is ready, with a fix for everything that is not."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.ports import CaptureBackend, InputDevice, Player
from app.domain.sentences import join, say
from app.domain.units import SESSION_RATE_HZ
from app.services.core import Core
from app.services.sound_check import Heard, listen

LISTEN_S = 1.0
"""How long each device is listened to."""
SILENT_DBFS = -90.0
"""Below this a device delivers zeros: muted, blocked by the system, or nothing plays."""
NOISY_DBFS = -40.0
"""Above this the quiet parts of a voice half a metre away drown."""
PHONE_RATE_HZ = 16_000
PHONE_HINT = say(
    "Words are understood better from a microphone of the computer than from a Bluetooth headset, "
    "which carries its own in phone quality only."
)
_STEP_S = 0.2
_NAMES = {StreamId.MIC: say("microphone"), StreamId.SYSTEM: say("system audio")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding of `crosstalk doctor`.

    Attributes:
        fix: What to do; "" when there is nothing.
    """

    name: str
    is_ok: bool
    finding: str
    fix: str = ""


class DiagnosticsService:
    """Looks at sound server, microphone, system audio, disk, models and library."""

    def __init__(self, core: Core, backend: CaptureBackend, player: Player) -> None:
        self._core = core
        self._backend = backend
        self._player = player

    def run(self, *, with_chirp: bool = False) -> tuple[Check, ...]:
        """Run all checks; takes a few seconds because it listens to each device.

        Args:
            with_chirp: Play a quiet sound, and look for it in system audio and microphone.
        """
        checks: list[Callable[[], tuple[Check, ...]]] = [
            self._sound,
            *([self._chirp] if with_chirp else []),
            self._disk,
            self._weights,
            self._library,
        ]
        return tuple(finding for check in checks for finding in check())

    def _sound(self) -> tuple[Check, ...]:
        try:
            devices = self._backend.list_devices()
        except KnownError as error:
            return (
                Check(
                    name="sound server",
                    is_ok=False,
                    finding=error.message,
                    fix="Start PulseAudio or PipeWire, then run `crosstalk doctor` again.",
                ),
            )
        server = Check(
            name="sound server",
            is_ok=True,
            finding=say("{count} sources can be recorded", count=len(devices)),
        )
        return (server, self._listen(StreamId.MIC, devices), self._listen(StreamId.SYSTEM, devices))

    def _listen(self, stream: StreamId, devices: tuple[InputDevice, ...]) -> Check:
        name = _NAMES[stream]
        own = [device for device in devices if device.stream is stream]
        if not own:
            fix = (
                say("Plug a microphone in, or record with --no-mic.")
                if stream is StreamId.MIC
                else say("Plug headphones or speakers in, or record with --no-system.")
            )
            return Check(name=name, is_ok=False, finding=say("there is none"), fix=fix)
        device = next((device for device in own if device.is_default), own[0])
        try:
            level_dbfs, heard_s = self._level_of(stream, device)
        except KnownError as error:
            return Check(
                name=name,
                is_ok=False,
                finding=say("{device}: {problem}", device=device.name, problem=error.message),
                fix="Close the program that holds the device, or choose another device.",
            )
        if heard_s == 0.0:
            return Check(
                name=name,
                is_ok=False,
                finding=say("{device} delivers no audio", device=device.name),
                fix="Unplug it and plug it in again, or choose another device.",
            )
        heard = say("{device}: {level} dBFS", device=device.name, level=f"{level_dbfs:.0f}")
        finding = _with_kind(heard, device)
        if level_dbfs > SILENT_DBFS:
            is_phone = stream is StreamId.MIC and device.rate_hz <= PHONE_RATE_HZ
            return Check(name=name, is_ok=True, finding=finding, fix=PHONE_HINT if is_phone else "")
        if stream is StreamId.SYSTEM:
            # A monitor is silent whenever nothing plays; that is no fault.
            silent = say("{device}: silent, nothing plays", device=device.name)
            return Check(name=name, is_ok=True, finding=_with_kind(silent, device))
        return Check(
            name=name,
            is_ok=False,
            finding=say("{device} delivers only zeros", device=device.name),
            fix="Unmute it in the sound settings, and allow Crosstalk to use the microphone.",
        )

    def _level_of(self, stream: StreamId, device: InputDevice) -> tuple[float, float]:
        """Record for a second; returns the loudest level in dBFS and the seconds heard."""
        with tempfile.TemporaryDirectory(prefix="crosstalk-doctor-") as folder:
            capture = self._backend.start({stream: device.key}, Path(folder), lambda notice: None)
            try:
                source = capture.sources()[stream]
                position = 0
                loudest_dbfs = -120.0
                deadline_s = self._core.clock.monotonic() + 3 * LISTEN_S
                while position < LISTEN_S * SESSION_RATE_HZ:
                    block = source.read(position, SESSION_RATE_HZ, _STEP_S)
                    if block is None or self._core.clock.monotonic() > deadline_s:
                        break
                    position += len(block)
                    loudest_dbfs = max(loudest_dbfs, capture.levels_dbfs().get(stream, -120.0))
            finally:
                capture.stop()
        return loudest_dbfs, position / SESSION_RATE_HZ

    def _chirp(self) -> tuple[Check, ...]:
        try:
            known = self._backend.list_devices()
            devices = dict.fromkeys(sorted({device.stream for device in known}), "default")
            heard = listen(self._backend, self._player, devices)
        except KnownError as error:
            return (
                Check(
                    name="test sound",
                    is_ok=False,
                    finding=error.message,
                    fix="Choose an output in the sound settings, or use --no-chirp.",
                ),
            )
        found = []
        if heard.is_looped is not None:
            found.append(_loopback_check(heard))
        if heard.noise_dbfs is not None and heard.noise_dbfs > SILENT_DBFS:
            found.append(_noise_check(heard.noise_dbfs))
            if heard.is_looped:
                output = next((d for d in known if _is_output(d)), None)
                found.append(_echo_check(heard, output))
        return tuple(found)

    def _disk(self) -> tuple[Check, ...]:
        folder = self._core.paths.data_dir
        existing = next(p for p in (folder, *folder.parents) if p.exists())
        free_gb = shutil.disk_usage(existing).free / 1e9
        needed_gb = self._core.settings().capture.minimum_free_gb
        is_ok = free_gb >= needed_gb
        return (
            Check(
                name="disk",
                is_ok=is_ok,
                finding=say("{free} GB free for {folder}", free=f"{free_gb:.1f}", folder=folder),
                fix=""
                if is_ok
                else say("Free some disk: a recording needs {needed} GB.", needed=f"{needed_gb:g}"),
            ),
        )

    def _weights(self) -> tuple[Check, ...]:
        statuses = [status for status in self._core.weights.list() if status.is_default]
        missing = [status.model_id for status in statuses if status.state != "ok"]
        if missing:
            return (
                Check(
                    name="models",
                    is_ok=False,
                    finding=say("missing: {models}", models=", ".join(missing)),
                    fix="Run `crosstalk models fetch default`.",
                ),
            )
        size_mb = sum(status.size_bytes for status in statuses) / 1e6
        finding = say(
            "{count} default models are here ({size} MB)",
            count=len(statuses),
            size=f"{size_mb:.0f}",
        )
        return (Check(name="models", is_ok=True, finding=finding),)

    def _library(self) -> tuple[Check, ...]:
        try:
            count = len(self._core.shelf.list())
        except KnownError as error:
            fix = say("Choose another folder with --data-dir, or restore a backup.")
            return (Check(name="library", is_ok=False, finding=error.message, fix=fix),)
        finding = say("{count} meetings in {path}", count=count, path=self._core.paths.database)
        return (Check(name="library", is_ok=True, finding=finding),)


def _loopback_check(heard: Heard) -> Check:
    if heard.is_looped:
        return Check(name="test sound", is_ok=True, finding="what this computer plays is recorded")
    return Check(
        name="test sound",
        is_ok=False,
        finding="a quiet test sound was played, and the recorded system audio did not hold it",
        fix="Unmute the output, or choose the one your meetings play on as system audio.",
    )


def _noise_check(noise_dbfs: float) -> Check:
    is_ok = noise_dbfs <= NOISY_DBFS
    return Check(
        name="noise",
        is_ok=is_ok,
        finding=say("{level} dBFS in the microphone while nobody talks", level=f"{noise_dbfs:.0f}"),
        fix=""
        if is_ok
        else say("Turn fans and music off, move the microphone closer, or turn it down."),
    )


def _with_kind(finding: str, device: InputDevice) -> str:
    """A finding with what the sound server says of the device."""
    parts = [finding]
    if device.is_headphones:
        parts.append(say("headphones"))
    if device.rate_hz <= PHONE_RATE_HZ:
        parts.append(say("phone quality ({rate} kHz)", rate=f"{device.rate_hz / 1000:g}"))
    return join(parts, ", ")


def _is_output(device: InputDevice) -> bool:
    return device.is_default and device.stream is StreamId.SYSTEM


def _echo_check(heard: Heard, output: InputDevice | None) -> Check:
    """Judge by what was measured; what the output is said to be only explains it."""
    worn = output.name if output is not None and output.is_headphones else None
    fix = ""
    if heard.leak_db is None or heard.leak_s is None:
        finding = (
            say("the microphone does not hear what is played: headphones, or quiet loudspeakers")
            if worn is None
            else say(
                "{output} are headphones, and the microphone does not hear them: nothing to do",
                output=worn,
            )
        )
    elif worn is None:
        finding = say(
            "the microphone hears the loudspeakers at {level} dB, {delay} ms late; it is "
            "taken out, headphones are better still",
            level=f"{heard.leak_db:+.0f}",
            delay=f"{1000 * heard.leak_s:.0f}",
        )
    else:
        finding = say(
            "{output} should be headphones, and the microphone hears them at {level} dB, "
            "{delay} ms late; it is taken out",
            output=worn,
            level=f"{heard.leak_db:+.0f}",
            delay=f"{1000 * heard.leak_s:.0f}",
        )
        fix = say("Turn them down, or check that no loudspeaker plays from that socket.")
    return Check(name="echo", is_ok=True, finding=finding, fix=fix)
