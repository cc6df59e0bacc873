"""What can be recorded: microphones and the monitors of outputs, with keys that stay the same.

On Linux the list comes from the PulseAudio protocol, which PipeWire speaks too; a key is the
name of a Pulse source, which survives restarts and replugging. Without a sound server the list
holds what PortAudio finds (microphones only).
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.audio import portaudio
from app.audio.headphones import sink_plays_into_ears
from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.ports import InputDevice
from app.domain.sentences import say

log = logging.getLogger(__name__)

DEFAULT = "default"
PORTAUDIO_PREFIX = "portaudio:"
_LISTING_TIMEOUT_S = 3.0
_FALLBACK_RATE_HZ = 48_000
"""The server converts to it where the native rate is unknown."""
_SHORT_LINE = re.compile(r"^\d+\t(?P<name>[^\t]+)\t[^\t]*\t\S+ \d+ch (?P<rate>\d+)Hz", re.MULTILINE)
NOTHING_FOUND = say(
    "No microphone and no system audio was found. "
    "Start PulseAudio or PipeWire, or connect a microphone, then try again."
)


def list_devices() -> tuple[InputDevice, ...]:
    """Everything that can be recorded now, defaults first.

    Raises:
        KnownError: Nothing at all can be recorded.
    """
    devices = pulse_devices()
    if devices is None:
        devices = portaudio_devices()
    if not devices:
        raise KnownError(NOTHING_FOUND, category=Category.DEVICE)
    return tuple(sorted(devices, key=lambda d: (d.stream, not d.is_default, d.name)))


def pulse_devices() -> tuple[InputDevice, ...] | None:
    """The sources of the running Pulse server; None when no server answers."""
    try:
        import pulsectl
    except (ImportError, OSError) as error:
        log.info("no Pulse client library: %s", error)
        return None
    try:
        with pulsectl.Pulse("crosstalk-devices", connect=False) as pulse:
            # Without a timeout: pulsectl 24.12 would always wait for all of it.
            pulse.connect()
            server = pulse.server_info()
            sinks = {sink.name: sink for sink in pulse.sink_list()}
            sources = pulse.source_list()
    except pulsectl.PulseError as error:
        log.info("no Pulse server: %s", error)
        return None
    rates_hz = _rates_hz()
    default_monitor = f"{server.default_sink_name}.monitor"
    found = []
    for source in sources:
        sink_name = source.monitor_of_sink_name
        sink = sinks.get(sink_name)
        default_key = default_monitor if sink_name else server.default_source_name
        found.append(
            InputDevice(
                key=source.name,
                name=source.description if sink is None else sink.description,
                stream=StreamId.SYSTEM if sink_name else StreamId.MIC,
                is_default=source.name == default_key,
                rate_hz=rates_hz.get(source.name, _FALLBACK_RATE_HZ),
                channels=source.channel_count,
                is_headphones=None if sink is None else sink_plays_into_ears(sink),
            )
        )
    return _with_defaults(found)


def is_recorded_from(device: InputDevice, process_id: int) -> bool:
    """Whether what a process records comes from `device`; True when the server cannot tell."""
    try:
        import pulsectl
    except (ImportError, OSError):
        return True
    try:
        with pulsectl.Pulse("crosstalk-devices", connect=False) as pulse:
            pulse.connect()
            names = {source.index: source.name for source in pulse.source_list()}
            streams = pulse.source_output_list()
    except pulsectl.PulseError as error:
        log.info("streams are unknown: %s", error)
        return True
    own = [s for s in streams if s.proplist.get("application.process.id") == str(process_id)]
    return not own or any(names.get(stream.source) == device.key for stream in own)


def portaudio_devices() -> tuple[InputDevice, ...]:
    """The inputs that PortAudio finds by itself."""
    sounddevice = portaudio.load()
    default_index = sounddevice.default.device[0]
    found = [
        InputDevice(
            key=f"{PORTAUDIO_PREFIX}{info['name']}",
            name=info["name"],
            stream=StreamId.MIC,
            is_default=info["index"] == default_index,
            rate_hz=int(info["default_samplerate"]),
            channels=min(2, info["max_input_channels"]),
        )
        for info in sounddevice.query_devices()
        if info["max_input_channels"] > 0
    ]
    return _with_defaults(found)


def resolve(devices: Sequence[InputDevice], wanted: str, stream: StreamId) -> InputDevice:
    """Find the device a person means.

    Args:
        wanted: "default", a key, or a part of a name or key that only one device has.
        stream: What it is for; an exact key may name a device of another kind.

    Raises:
        KnownError: None or several fit; the message lists what there is.
    """
    for device in devices:
        if device.key == wanted:
            return device
    candidates = [d for d in devices if stream in (d.stream, StreamId.MIX)]
    kind = say("microphone") if stream is StreamId.MIC else say("system audio")
    if wanted == DEFAULT:
        fitting = [d for d in candidates if d.is_default][:1]
        if not fitting:
            raise KnownError(_missing_default(stream), category=Category.DEVICE)
        return fitting[0]
    part = wanted.casefold()
    fitting = [d for d in candidates if d.name.casefold() == part] or [
        d for d in candidates if part in d.name.casefold() or part in d.key.casefold()
    ]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f'"{d.key}"' for d in (fitting or candidates)) or "none"
    if fitting:
        text = say(
            '"{wanted}" fits several {kind} devices: {known}. Give a longer part of one.',
            wanted=wanted,
            kind=kind,
            known=listed,
        )
    else:
        text = say(
            'There is no {kind} device "{wanted}". Available: {known}.',
            kind=kind,
            wanted=wanted,
            known=listed,
        )
    raise KnownError(text, category=Category.DEVICE)


def _rates_hz() -> Mapping[str, int]:
    """The native rate of each source.

    From `pactl`, because the `sample_spec` of pulsectl 24.12 points into memory that libpulse has
    already freed.
    """
    try:
        listing = subprocess.run(
            ["pactl", "list", "short", "sources"],
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=_LISTING_TIMEOUT_S,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("native rates are unknown: %s", error)
        return {}
    return {match["name"]: int(match["rate"]) for match in _SHORT_LINE.finditer(listing)}


def _missing_default(stream: StreamId) -> str:
    if stream is StreamId.MIC:
        return say("No microphone was found. Connect one, or record the system audio alone.")
    return say(
        "System audio cannot be recorded: no sound output with a monitor was found. "
        "Start PulseAudio or PipeWire, or record the microphone alone."
    )


def _with_defaults(found: Sequence[InputDevice]) -> tuple[InputDevice, ...]:
    """Make the first of a kind its default where the server names none.

    A Pulse server without a microphone calls a monitor its default source.
    """
    devices = list(found)
    for stream in (StreamId.MIC, StreamId.SYSTEM):
        indices = [i for i, d in enumerate(devices) if d.stream is stream]
        if indices and not any(devices[i].is_default for i in indices):
            devices[indices[0]] = replace(devices[indices[0]], is_default=True)
    return tuple(devices)
