"""A quiet chirp that proves what a meeting needs: played, heard as system audio, not as echo."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.domain.ids import StreamId
from app.domain.messages import Float32Array
from app.domain.ports import CaptureBackend, Player, SampleSource
from app.domain.units import SESSION_RATE_HZ

CHIRP_DBFS = -26.0
_CHIRP_S = 0.5
_LOW_HZ, _HIGH_HZ = 600.0, 3_400.0
"""Inside what every laptop's loudspeaker plays and every headset's phone mode carries."""
_FADE_S = 0.03
_LEAD_S = 0.4
"""An output that was idle swallows the first tenths of what it plays."""
_LISTEN_BEFORE_S = 0.8
_LISTEN_AFTER_S = 2.5
_READ_S = 0.2
_PATIENCE_READS = 15
_FOUND_IN_SYSTEM = 0.5
_FOUND_IN_MIC = 10.0
"""A matched filter's peak over its median: noise alone stays under 7 in these lengths."""
_QUIET_DBFS = -120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a sound check found.

    Attributes:
        is_looped: Whether the system audio holds what was played; None if it is not recorded.
        noise_dbfs: Level of the microphone before the chirp; None if it is not recorded.
        leak_db: Chirp in the microphone against the chirp in the system audio; None if it cannot
            be heard there.
        leak_s: How much later it is there.
    """

    is_looped: bool | None
    noise_dbfs: float | None
    leak_db: float | None = None
    leak_s: float | None = None


def chirp() -> Float32Array:
    """A sweep at `CHIRP_DBFS`, float32 (n,) at the session's rate."""
    count = round(_CHIRP_S * SESSION_RATE_HZ)
    time_s = np.arange(count) / SESSION_RATE_HZ
    ratio = _HIGH_HZ / _LOW_HZ
    # Farina's exponential sweep (AES 108, 2000, eq. 2): equal energy per octave.
    turns = _LOW_HZ * _CHIRP_S / np.log(ratio) * (ratio ** (time_s / _CHIRP_S) - 1)
    fade = np.minimum(1.0, np.minimum(time_s, time_s[::-1]) / _FADE_S)
    peak = 10 ** (CHIRP_DBFS / 20) * np.sqrt(2)
    return np.asarray(peak * fade * np.sin(2 * np.pi * turns), dtype=np.float32)


def judge(mic: Float32Array | None, system: Float32Array | None, *, quiet_samples: int) -> Heard:
    """Find the chirp in what was recorded.

    Args:
        mic, system: Recorded at once, float32 (n,); None where a stream is not recorded.
        quiet_samples: How many of the first samples came before the chirp.
    """
    wanted = chirp()
    looped = _strongest(system[quiet_samples:], wanted) if system is not None else None
    is_looped = None if looped is None else looped.likeness >= _FOUND_IN_SYSTEM
    if mic is None:
        return Heard(is_looped=is_looped, noise_dbfs=None)
    noise_dbfs = _rms_dbfs(mic[:quiet_samples])
    leaked = _strongest(mic[quiet_samples:], wanted)
    if looped is None or not is_looped or leaked.prominence < _FOUND_IN_MIC:
        return Heard(is_looped=is_looped, noise_dbfs=noise_dbfs)
    return Heard(
        is_looped=is_looped,
        noise_dbfs=noise_dbfs,
        leak_db=float(20 * np.log10(leaked.gain / looped.gain)),
        leak_s=(leaked.at - looped.at) / SESSION_RATE_HZ,
    )


def listen(backend: CaptureBackend, player: Player, devices: Mapping[StreamId, str]) -> Heard:
    """Record, play the chirp, and find it; takes about four seconds.

    Raises:
        KnownError: A device cannot be opened, or nothing can be played.
    """
    with tempfile.TemporaryDirectory(prefix="crosstalk-check-") as name:
        folder = Path(name)
        sound = folder / "chirp.s16"
        silence = np.zeros(round(_LEAD_S * SESSION_RATE_HZ), dtype=np.float32)
        played = np.concatenate((silence, chirp(), silence))
        np.rint(played * 32_767).astype("<i2").tofile(sound)
        capture = backend.start(devices, folder / "recording", lambda _notice: None)
        try:
            sources = capture.sources()
            quiet = round(_LISTEN_BEFORE_S * SESSION_RATE_HZ)
            for source in sources.values():
                _read_until(source, quiet)
            marks = {stream: source.sample_count for stream, source in sources.items()}
            begin = max(marks.values(), default=0)
            player.play((sound,), 0.0)
            end = begin + round(_LISTEN_AFTER_S * SESSION_RATE_HZ)
            heard = {stream: _read_until(source, end) for stream, source in sources.items()}
        finally:
            player.stop()
            capture.stop()
    return judge(heard.get(StreamId.MIC), heard.get(StreamId.SYSTEM), quiet_samples=begin)


@dataclass(frozen=True, slots=True)
class _Peak:
    """Where a sound is most likely: its start, gain, likeness in [0, 1], peak over median."""

    at: int
    gain: float
    likeness: float
    prominence: float


def _strongest(samples: Float32Array, wanted: Float32Array) -> _Peak:
    if len(samples) < len(wanted):
        return _Peak(0, 0.0, 0.0, 0.0)
    size = 1 << (len(samples) + len(wanted)).bit_length()
    product = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(wanted, size))
    match = np.abs(np.fft.irfft(product, size)[: len(samples) - len(wanted) + 1])
    at = int(np.argmax(match))
    energy = float(np.sum(np.square(wanted, dtype=np.float64)))
    there = float(np.sum(np.square(samples[at : at + len(wanted)], dtype=np.float64)))
    gain = float(match[at]) / energy
    likeness = float(match[at] / np.sqrt(energy * there)) if there > 0 else 0.0
    # Half of a 16-bit step stands for the noise of a stream of zeros.
    floor = max(float(np.median(match)), 2**-16 * np.sqrt(energy))
    return _Peak(at, gain, likeness, float(match[at]) / floor)


def _read_until(source: SampleSource, end: int) -> Float32Array:
    parts: list[Float32Array] = []
    position = empty_reads = 0
    while position < end and empty_reads < _PATIENCE_READS:
        block = source.read(position, end - position, _READ_S)
        if block is None:
            break
        empty_reads = 0 if len(block) else empty_reads + 1
        parts.append(block)
        position += len(block)
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


def _rms_dbfs(samples: Float32Array) -> float:
    power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    return max(_QUIET_DBFS, 10 * float(np.log10(power))) if power > 0 else _QUIET_DBFS
