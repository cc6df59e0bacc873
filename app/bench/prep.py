"""`bench prep`: what happens to sound between a device and the models, one stage at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.bench.plots import Plot
from app.bench.scoring import WordScore
from app.bench.targets import Target, all_kept, rounded
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ

MAX_ALIAS_DB = -80.0
MAX_RIPPLE_DB = 0.1
MAX_LEVEL_ERROR_DB = 1.5
MAX_SETTLE_S = 3.0
MAX_PUMPING_DB = 1.0
MAX_MISSED_PERCENT = 1.0
MAX_FALSE_PERCENT = 0.1
MAX_OFFSET_MS = 20.0
MAX_STEPS = 1.0
"""Of 16 bit, by which a stream in blocks may differ from one taken at once: rounding."""

RATES_HZ = (8_000, 16_000, 44_100, 48_000, 96_000)
_PASS_SHARE = 0.9
"""Of the lower Nyquist frequency: 7.2 kHz from 16 kHz on; filters end between that and 1."""
_TONE_S = 0.5
_TONE = 0.5
_EDGE_SHARE = 0.2
_BLOCKS_S = (0.01, 0.0437, 0.2)
_LEVELS_DBFS = (-45.0, -50.0, -55.0, -60.0, -65.0)
_FLOOR_DB = 25.0
_SPEECH_S = 30.0
_PAUSE_S = 300.0
_VOICES = 9
_LEVEL_WINDOW_S = 3.0
_LEVEL_BLOCK = SESSION_RATE_HZ // 10
_LIVE_BLOCK = 800
_CLIPPED_SHARES = (0.002, 0.05)
_CLEAN_PEAKS = (0.2, 0.98)
_RECORDING_S = 11
_SPREAD_PPM = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """The stages, each on its own.

    Attributes:
        resample: Samples (n,), their rate in Hz, and how many come at a time → at 16 kHz, what
            the disk would hold.
        even: Samples (n,) at 16 kHz and how many come at a time → as many, with quiet ones
            brought up.
        goal_dbfs: Where `even` brings the loud twentieth of a quiet stream.
        find_clipping: Frames (n, channels) at 16 kHz → the shares that would be told.
        offsets: Parts per million by which a device's clock is fast, and seconds → moments of
            that recording and how far off each is stored, both in seconds (m,).
    """

    resample: Callable[[Float32Array, int, int], Float32Array]
    even: Callable[[Float32Array, int], Float32Array]
    goal_dbfs: float
    find_clipping: Callable[[Float32Array], Sequence[float]]
    offsets: Callable[[float, float], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampled:
    """One rate brought to 16 kHz.

    Attributes:
        hz, gain_db: Tones inside the band and what came out of them.
        alias_db: The loudest that a tone outside the band leaves, against the tone; None where
            there is no outside.
        steps: Largest difference between blocks and the whole at once, in steps of 16 bit.
    """

    rate_hz: int
    hz: tuple[float, ...]
    gain_db: tuple[float, ...]
    alias_db: float | None
    steps: float

    @property
    def ripple_db(self) -> float:
        """The largest gain, up or down."""
        return max(map(abs, self.gain_db))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evened:
    """Speech of one level, a long pause, and speech of that level again.

    Attributes:
        before_dbfs: Its loud twentieth.
        settle_s: Per voice, how long it spoke before its level was off by no more than
            `MAX_LEVEL_ERROR_DB`.
        error_db: How far it is off after that.
        pumping_db: Between the smallest and the largest gain in the pause.
        again_error_db: How far the first seconds after the pause are off.
        levels_dbfs: Of every `_LEVEL_WINDOW_S` of the first speech, ending at each 100 ms.
    """

    before_dbfs: float
    settle_s: tuple[float, ...]
    error_db: float
    pumping_db: float
    again_error_db: float
    levels_dbfs: tuple[float, ...]

    @property
    def typical_settle_s(self) -> float:
        """The median: who begins without a pause is told from steady noise at the first one."""
        return float(np.median(self.settle_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clipping:
    """Recordings with and without clipping.

    Attributes:
        told: Of `clipped` recordings, those in which it was told.
        false: Of `clean` recordings, those in which it was told.
        share_error: Largest difference of told and true share, as a share of the true one.
    """

    clipped: int
    told: int
    clean: int
    false: int
    share_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Two devices of one meeting whose clocks differ.

    Attributes:
        spread_ppm: By how much.
        at_s, offset_s: Moments, and how far apart they are stored there.
    """

    spread_ppm: float
    at_s: tuple[float, ...]
    offset_s: tuple[float, ...]

    @property
    def worst_ms(self) -> float | None:
        """The largest offset, however early; None without a moment."""
        return 1000 * max(map(abs, self.offset_s), default=0.0) if self.offset_s else None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietWords:
    """Words of sets made quieter, with evening and without it."""

    quieter_db: float
    evened: WordScore
    as_recorded: WordScore


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepResult:
    """The bench's outcome; `quiet` is None where no sets were given."""

    resampled: tuple[Resampled, ...]
    evened: tuple[Evened, ...]
    goal_dbfs: float
    clipping: Clipping
    drift: Drift
    quiet: QuietWords | None = None

    @property
    def targets(self) -> tuple[Target, ...]:
        """The worst of each kind."""
        aliases = [row.alias_db for row in self.resampled if row.alias_db is not None]
        missed = 100 * (self.clipping.clipped - self.clipping.told) / self.clipping.clipped
        false = 100 * self.clipping.false / self.clipping.clean
        errors = [max(row.error_db, row.again_error_db) for row in self.evened]
        quiet = self.quiet
        rows: tuple[tuple[str, str, float, float | None], ...] = (
            ("alias", "dB", MAX_ALIAS_DB, max(aliases, default=None)),
            ("ripple", "dB", MAX_RIPPLE_DB, max(row.ripple_db for row in self.resampled)),
            ("blocks against the whole", "steps", MAX_STEPS, max(r.steps for r in self.resampled)),
            ("level off its goal", "dB", MAX_LEVEL_ERROR_DB, max(errors)),
            ("time to the level", "s", MAX_SETTLE_S, max(r.typical_settle_s for r in self.evened)),
            ("gain moved in a pause", "dB", MAX_PUMPING_DB, max(r.pumping_db for r in self.evened)),
            ("clipping not found", "%", MAX_MISSED_PERCENT, missed),
            ("clipping found where none is", "%", MAX_FALSE_PERCENT, false),
            ("two devices apart", "ms", MAX_OFFSET_MS, self.drift.worst_ms),
            (
                "WER of quiet speakers, evened less as recorded",
                "points",
                0.0,
                None if quiet is None else quiet.evened.wer - quiet.as_recorded.wer,
            ),
        )
        return tuple(Target(name=n, unit=u, limit=m, value=v) for n, u, m, v in rows)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        quiet = self.quiet
        record: dict[str, Any] = rounded(
            {
                "bench": "prep",
                "ok": all_kept(self.targets),
                "resampler": [
                    {
                        "rate_hz": row.rate_hz,
                        "ripple_db": row.ripple_db,
                        "to_hz": max(row.hz),
                        "alias_db": row.alias_db,
                        "steps": row.steps,
                    }
                    for row in self.resampled
                ],
                "level": {
                    "goal_dbfs": self.goal_dbfs,
                    "runs": [
                        {
                            "before_dbfs": row.before_dbfs,
                            "settle_s": row.typical_settle_s,
                            "longest_settle_s": max(row.settle_s),
                            "error_db": row.error_db,
                            "pumping_db": row.pumping_db,
                            "again_error_db": row.again_error_db,
                        }
                        for row in self.evened
                    ],
                },
                "clipping": {
                    "clipped": self.clipping.clipped,
                    "told": self.clipping.told,
                    "clean": self.clipping.clean,
                    "false": self.clipping.false,
                    "share_error_percent": 100 * self.clipping.share_error,
                },
                "drift": {
                    "spread_ppm": self.drift.spread_ppm,
                    "hours": max(self.drift.at_s, default=0.0) / 3600,
                    "worst_ms": self.drift.worst_ms,
                },
                "quiet": None
                if quiet is None
                else {
                    "quieter_db": quiet.quieter_db,
                    "words": quiet.evened.words,
                    "wer_evened": quiet.evened.wer,
                    "wer_as_recorded": quiet.as_recorded.wer,
                },
                "targets": [target.record() for target in self.targets],
            }
        )
        return record


def measure_resampler(parts: Preparation, rate_hz: int) -> Resampled:
    """Send tones and noise through the resampler."""
    lowest = min(rate_hz, SESSION_RATE_HZ) / 2
    inside = tuple(float(hz) for hz in np.geomspace(60.0, _PASS_SHARE * lowest, 24))
    gains = tuple(_level_db(_through(parts, rate_hz, hz), hz) for hz in inside)
    return Resampled(
        rate_hz=rate_hz,
        hz=inside,
        gain_db=gains,
        alias_db=_alias_db(parts, rate_hz, lowest),
        steps=_steps(parts, rate_hz),
    )


def _through(parts: Preparation, rate_hz: int, hz: float) -> Float32Array:
    """The middle of a tone that went through the resampler, its edges left out."""
    count = round(_TONE_S * rate_hz)
    tone = _TONE * np.sin(2 * np.pi * hz * np.arange(count) / rate_hz)
    out = parts.resample(tone.astype(np.float32), rate_hz, count)
    edge = round(_EDGE_SHARE * len(out))
    return out[edge:-edge]


def _level_db(out: Float32Array, hz: float) -> float:
    """A tone of known frequency against `_TONE`, by least squares."""
    angles = 2 * np.pi * hz * np.arange(len(out)) / SESSION_RATE_HZ
    base = np.stack((np.sin(angles), np.cos(angles)), axis=1)
    weights = np.linalg.lstsq(base, out.astype(np.float64), rcond=None)[0]
    return float(20 * np.log10(np.hypot(*weights) / _TONE))


def _alias_db(parts: Preparation, rate_hz: int, lowest: float) -> float | None:
    """What tones that 16 kHz cannot hold leave behind, or what an upsampled one adds."""
    full_db = 10 * np.log10(_TONE**2 / 2)
    if rate_hz > SESSION_RATE_HZ:
        outside = np.linspace(1.02 * lowest, 0.98 * rate_hz / 2, 16)
        left = [_through(parts, rate_hz, float(hz)).astype(np.float64) for hz in outside]
        return float(max(10 * np.log10(np.mean(out**2) + 1e-20) for out in left) - full_db)
    if rate_hz < SESSION_RATE_HZ:
        images = []
        for hz in np.linspace(200.0, _PASS_SHARE * lowest, 16):
            out = _through(parts, rate_hz, float(hz)).astype(np.float64)
            images.append(_level_db(out.astype(np.float32), rate_hz - float(hz)))
        return float(max(images))
    return None


def _steps(parts: Preparation, rate_hz: int) -> float:
    noise = np.random.default_rng(rate_hz).normal(0, 0.1, 2 * rate_hz).astype(np.float32)
    whole = parts.resample(noise, rate_hz, len(noise))
    worst = 0.0
    for block_s in _BLOCKS_S:
        pieces = parts.resample(noise, rate_hz, max(1, round(block_s * rate_hz)))
        if len(pieces) != len(whole):
            return float("inf")
        worst = max(worst, float(np.max(np.abs(pieces - whole))))
    return worst * 32_768


def speechlike(seconds: float, dbfs: float, *, seed: int = 1) -> Float32Array:
    """Noise with the syllables, words and pauses of speech over a steady floor 25 dB below.

    Returns:
        float32 (n,) at 16 kHz whose loud twentieth of blocks of 100 ms is at `dbfs`.
    """
    random = np.random.default_rng(seed)
    count = round(seconds * SESSION_RATE_HZ)
    blocks = -(-count // _LEVEL_BLOCK)
    # Levels of speech spread over some 20 dB; a third of the time is pause (ITU-T P.59: 39 %).
    levels_db = -np.abs(random.normal(0, 6.0, blocks))
    pauses = np.repeat(random.random(-(-blocks // 5)) < 0.35, 5)[:blocks]
    levels_db[pauses] = -200.0
    envelope = np.repeat(10 ** (levels_db / 20), _LEVEL_BLOCK)[:count]
    floor = random.normal(size=count) * 10 ** (-_FLOOR_DB / 20)
    sound = envelope * random.normal(size=count) + floor
    gain_db = dbfs - _loud_dbfs(sound)
    return (sound * 10 ** (gain_db / 20)).astype(np.float32)


def _block_dbfs(samples: np.ndarray) -> np.ndarray:
    whole = len(samples) // _LEVEL_BLOCK * _LEVEL_BLOCK
    blocks = samples[:whole].astype(np.float64).reshape(-1, _LEVEL_BLOCK)
    return np.asarray(10 * np.log10(np.mean(blocks**2, axis=1) + 1e-20))


def _loud_dbfs(samples: np.ndarray) -> float:
    return float(np.quantile(_block_dbfs(samples), 0.95))


def measure_evening(parts: Preparation, dbfs: float) -> Evened:
    """Let voices speak quietly; the first is then silent for minutes, and speaks again."""
    lacking_db = parts.goal_dbfs - dbfs
    voices = [speechlike(_SPEECH_S, dbfs, seed=seed) for seed in range(1, 1 + _VOICES)]
    room = np.random.default_rng(0).normal(size=round(_PAUSE_S * SESSION_RATE_HZ))
    pause = (room * 10 ** ((dbfs - _FLOOR_DB) / 20)).astype(np.float32)
    whole = np.concatenate((voices[0], pause, voices[1]))
    evened = parts.even(whole, _LIVE_BLOCK)
    gains_db = _block_dbfs(evened) - _block_dbfs(whole)
    first, second = (len(part) // _LEVEL_BLOCK for part in (voices[0], pause))
    window = round(_LEVEL_WINDOW_S * 10)
    again_db = gains_db[first + second :][:window]
    runs = [
        gains_db[:first],
        *(_block_dbfs(parts.even(voice, _LIVE_BLOCK)) - _block_dbfs(voice) for voice in voices[1:]),
    ]
    settles_s, errors_db = zip(
        *(
            _settling(gain_db - lacking_db, _block_dbfs(voice) > dbfs - _FLOOR_DB + 3)
            for gain_db, voice in zip(runs, voices, strict=True)
        ),
        strict=True,
    )
    levels = _block_dbfs(evened[: len(voices[0])])
    return Evened(
        before_dbfs=dbfs,
        settle_s=settles_s,
        error_db=max(errors_db),
        pumping_db=float(np.ptp(gains_db[first : first + second])),
        again_error_db=float(np.max(np.abs(again_db - lacking_db))),
        levels_dbfs=tuple(
            float(np.quantile(levels[max(0, end - window) : end], 0.95))
            for end in range(1, len(levels) + 1)
        ),
    )


def _settling(errors_db: np.ndarray, is_speech: np.ndarray) -> tuple[float, float]:
    """Seconds of speech until errors stay small, and the largest of them after that."""
    far = np.flatnonzero(np.abs(errors_db) > MAX_LEVEL_ERROR_DB)
    settled = int(far[-1]) + 1 if len(far) else 0
    spoken_s = float(np.sum(is_speech[:settled])) * _LEVEL_BLOCK / SESSION_RATE_HZ
    return spoken_s, float(np.max(np.abs(errors_db[settled:]), initial=0.0))


def measure_clipping(parts: Preparation, count: int, *, seed: int = 5) -> Clipping:
    """Overdrive speech, in one of two channels where there are two, and leave as much as it is."""
    random = np.random.default_rng(seed)
    base = speechlike(120.0, -20.0, seed=seed)
    length = _RECORDING_S * SESSION_RATE_HZ
    told = false = 0
    share_error = 0.0
    for case in range(count):
        at = int(random.integers(0, len(base) - length))
        piece = base[at : at + length]
        peaks = random.uniform(*_CLEAN_PEAKS)
        clean = piece * np.float32(peaks / np.max(np.abs(piece)))
        false += bool(parts.find_clipping(_with_channels(clean, clean, case)))
        share = float(np.exp(random.uniform(*np.log(_CLIPPED_SHARES))))
        # The tenth of a second that a window leaves out must not decide.
        judged = piece[: 10 * SESSION_RATE_HZ]
        driven = np.clip(piece / np.quantile(np.abs(judged), 1 - share), -1.0, 1.0)
        found = parts.find_clipping(_with_channels(driven.astype(np.float32), clean, case))
        told += bool(found)
        if found:
            true = float(np.mean(np.abs(judged) >= 0.99 * np.quantile(np.abs(judged), 1 - share)))
            share_error = max(share_error, abs(found[0] - true) / true)
    return Clipping(clipped=count, told=told, clean=count, false=false, share_error=share_error)


def _with_channels(loud: Float32Array, other: Float32Array, case: int) -> Float32Array:
    channels = (loud,) if case % 2 else (other, loud)
    return np.stack(channels, axis=1)


def measure_drift(parts: Preparation, hours: float) -> Drift:
    """Record two devices whose clocks are `_SPREAD_PPM` apart, half of it either way."""
    fast_s, fast_off_s = parts.offsets(_SPREAD_PPM / 2, 3600 * hours)
    slow_s, slow_off_s = parts.offsets(-_SPREAD_PPM / 2, 3600 * hours)
    count = min(len(fast_s), len(slow_s))
    return Drift(
        spread_ppm=_SPREAD_PPM,
        at_s=tuple(map(float, fast_s[:count])),
        offset_s=tuple(map(float, fast_off_s[:count] - slow_off_s[:count])),
    )


def run_prep(
    parts: Preparation,
    *,
    hours: float,
    recordings: int,
    note: Callable[[str], None] = lambda _text: None,
) -> PrepResult:
    """Measure every stage.

    Args:
        hours: How long two devices are recorded, in simulated time.
        recordings: How many are overdriven, and how many are not.
        note: Told what comes next.
    """
    note("resampler")
    resampled = tuple(measure_resampler(parts, rate_hz) for rate_hz in RATES_HZ)
    note("level")
    evened = tuple(measure_evening(parts, dbfs) for dbfs in _LEVELS_DBFS)
    note(f"clipping: {recordings} recordings with and without")
    clipping = measure_clipping(parts, recordings)
    note(f"clocks: {hours:g} h of two devices")
    return PrepResult(
        resampled=resampled,
        evened=evened,
        goal_dbfs=parts.goal_dbfs,
        clipping=clipping,
        drift=measure_drift(parts, hours),
    )


def draw_prep(result: PrepResult, path: Any) -> None:
    """Draw the band of every rate, quiet speech coming up, and two devices over time.

    Raises:
        KnownError: The file cannot be written, or matplotlib is missing.
    """
    plot = Plot("Resampler", "Quiet speech", "Two devices")
    for row in result.resampled:
        plot.line(0, row.hz, row.gain_db, ("Hz", "dB"), name=f"{row.rate_hz} Hz")
    for level in result.evened:
        seconds = [(index + 1) / 10 for index in range(len(level.levels_dbfs))]
        name = f"{level.before_dbfs:g} dBFS"
        plot.line(1, seconds, level.levels_dbfs, ("s", "dBFS, loud twentieth"), name=name)
    hours = [at_s / 3600 for at_s in result.drift.at_s]
    plot.line(2, hours, [1000 * off_s for off_s in result.drift.offset_s], ("h", "ms apart"))
    plot.save(path)
