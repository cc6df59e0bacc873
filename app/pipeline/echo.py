"""Takes the echo of the system audio out of what the recogniser hears of the microphone.

The delay of the echo is looked for all the time; a filter is tried on the recent past and used
only if it predicts the microphone. With headphones nothing is touched: what goes in comes out,
bit by bit.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.pipeline.echo_filter import BLOCK, DelayFinder, DelayPeak, EchoFilter, Prediction
from app.pipeline.framing import RollingAudio

LEAD_S = 0.064
"""The echo may come this much before the system audio: devices report their delays badly."""
LATEST_S = 0.5
PRECURSOR = 128
"""Samples by which the filter begins before the strongest arrival."""
SHARPNESS = 8.0
"""A peak of chance stays below 5."""
SAME_DELAY = 32
"""Samples by which two looks at one delay may differ."""
MOVED_DELAY = 160
"""Samples from which a new delay is worth a new filter; the old one follows smaller ones."""
EXPECTED_POWER = (0.02, 1.0)
MIN_ACTIVE_BLOCKS = 12
"""With system audio (0.4 s), to try a filter on."""
TRAINING_PASSES = 2
REPLAY_S = 4.0
"""The past on which a filter is tried, so that it has learned the room when it is first used."""
FAR_FLOOR = 1e-3
"""Root mean square (-60 dBFS) from which the system audio is heard at all."""
MIN_GAIN_DB = 1.0
"""A filter that takes less than this off the microphone explains nothing."""
LOST_GAIN_DB = 0.15
"""Below this on average over `GAIN_BLOCKS` the leak has ended."""
HARM_GAIN_DB, HARM_BLOCKS = -1.0, 30
"""A filter that adds this much over about 1 s belongs to another room."""
GAIN_BLOCKS = 300
"""Blocks with system audio: about 10 s."""
RESIDUE_BLOCKS = 250
RESIDUE_QUANTILE = 0.25
RESIDUE_MAX = 0.05
"""The filter leaves at most this share of the echo's power, or it is no echo that is left."""
RESIDUE_MARGIN = 8.0
"""What is left varies; up to this factor above its usual share it is echo."""
ECHO_DECAY = 0.6
"""Of the echo's power per block, for what the room holds longer than the filter."""
NOISE_RISE = 1.005
"""Per block (0.7 dB a second): the noise is the least that was heard, slowly forgotten."""
NOISE_MARGIN = 4.0
"""Near-end speech stands out of the noise by this factor."""
OPEN_BLOCKS = 5
"""Near-end speech keeps the microphone open for another 0.16 s."""
CLOSED_GAIN = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """How the system audio gets into the microphone.

    Attributes:
        delay_s: From the system audio to its strongest arrival; may be slightly negative.
        level_db: Power of the echo against that of the system audio.
    """

    delay_s: float
    level_db: float


@dataclass(slots=True)
class Room:
    """A filter that has proved itself, and what it has shown since.

    A room can be handed to a new cleaner, which then knows the echo from its first sample.
    """

    delay: int
    filter: EchoFilter = field(default_factory=EchoFilter)
    gains_db: deque[float] = field(default_factory=lambda: deque(maxlen=GAIN_BLOCKS))
    residues: deque[float] = field(default_factory=lambda: deque(maxlen=RESIDUE_BLOCKS))
    echo_energy: float = 0.0
    far_energy: float = 0.0
    heard_blocks: int = 0

    def predict(self, far: Float32Array, near: Float32Array) -> Prediction:
        """Run the filter on the next block and take note of how well it does."""
        prediction = self.filter.predict(far, near)
        far_power = float(np.dot(far, far))
        if far_power > FAR_FLOOR**2 * BLOCK:
            self.heard_blocks += 1
            gain = (prediction.near_power + 1e-9) / (prediction.clean_power + 1e-9)
            self.gains_db.append(float(np.clip(10 * np.log10(gain), -10, 20)))
            self.residues.append(prediction.clean_power / (prediction.echo_power + 1e-9))
            self.echo_energy += float(np.dot(prediction.echo, prediction.echo))
            self.far_energy += far_power
        return prediction

    def mean_gain_db(self, blocks: int = GAIN_BLOCKS) -> float:
        """What the filter takes off the microphone while the system audio is heard."""
        recent = list(self.gains_db)[-blocks:]
        return sum(recent) / len(recent) if recent else 0.0

    @property
    def usual_residue(self) -> float:
        """What the filter leaves of the echo's power when nobody talks at the microphone."""
        if len(self.residues) < HARM_BLOCKS:
            return RESIDUE_MAX
        usual = float(np.quantile(np.array(self.residues), RESIDUE_QUANTILE))
        return min(usual, RESIDUE_MAX)

    @property
    def is_wrong(self) -> bool:
        """Whether the filter explains nothing any more, or does harm."""
        count = len(self.gains_db)
        return (count == GAIN_BLOCKS and self.mean_gain_db() < LOST_GAIN_DB) or (
            count >= HARM_BLOCKS and self.mean_gain_db(HARM_BLOCKS) < HARM_GAIN_DB
        )

    @property
    def leak(self) -> Leak:
        """Delay and level as measured so far."""
        share = (self.echo_energy + 1e-12) / (self.far_energy + 1e-9)
        return Leak(
            delay_s=self.delay / SESSION_RATE_HZ, level_db=float(10 * np.log10(max(share, 1e-9)))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Microphone that was given out with its echo, and what it is without."""

    span: Span
    samples: Float32Array


class EchoCleaner:
    """Push both streams in any blocks; the microphone comes back without its echo.

    The result does not depend on the size of the blocks. A block of the microphone waits for the
    system audio of the same time and `LEAD_S` more, but not longer than `patience_s`; system
    audio that is later than that counts as silence. Not thread-safe.

    Args:
        near_start, far_start: First sample of the microphone and of the system audio.
        patience_s: How much microphone may wait for system audio.
        room: What an earlier cleaner has learned; None starts without knowledge.
    """

    def __init__(
        self,
        *,
        near_start: int = 0,
        far_start: int = 0,
        patience_s: float = 0.6,
        room: Room | None = None,
    ) -> None:
        self._near = RollingAudio(start=near_start, capacity=to_samples(16.0))
        self._far = RollingAudio(start=far_start, capacity=to_samples(16.0))
        self._position = near_start
        self._patience = to_samples(patience_s)
        self._room = room
        self._has_far_ended = False
        self._finder = DelayFinder(earliest=-to_samples(LEAD_S), latest=to_samples(LATEST_S))
        self._since_look = 0
        self._last_peak: DelayPeak | None = None
        self._echo_power = 0.0
        self._noise_power = np.inf
        self._open_blocks = 0
        self._gain = 1.0
        self._residue = RESIDUE_MAX
        if room is not None:
            room.filter.rewind()
            self._residue = room.usual_residue
        self._repair: Repair | None = None

    @property
    def room(self) -> Room | None:
        """What is known about the echo; None while there is none. Any thread may look."""
        return self._room

    @property
    def leak(self) -> Leak | None:
        """The leak, once it has been heard for about 2 s; None while there is none."""
        if self._room is None or self._room.heard_blocks < 64:
            return None
        return self._room.leak

    @property
    def is_waiting(self) -> bool:
        """Whether microphone is held back until its system audio comes."""
        return not self._has_far_ended and (
            self._far.span.end < self._near.span.end + to_samples(LEAD_S)
        )

    def take_repair(self) -> Repair | None:
        """The recent past as it should have been given out, once, after a filter was taken."""
        repair, self._repair = self._repair, None
        return repair

    def push_far(self, samples: Float32Array) -> Float32Array:
        """Add system audio; returns the microphone that this completes."""
        self._far.append(samples)
        return self._advance()

    def push_near(self, samples: Float32Array) -> Float32Array:
        """Add microphone; returns what of it is complete."""
        self._near.append(samples)
        return self._advance()

    def end_far(self) -> Float32Array:
        """No more system audio; returns the microphone that waited for it."""
        self._has_far_ended = True
        return self._advance()

    def flush(self) -> Float32Array:
        """Return the rest of the microphone; nothing can be pushed afterwards."""
        self._has_far_ended = True
        done = self._advance()
        rest = self._near.span.end - self._position
        last = self._clean_block()[:rest] if rest else done[:0]
        return np.concatenate([done, last])

    def _advance(self) -> Float32Array:
        blocks = []
        while self._is_ready():
            blocks.append(self._clean_block())
        if not blocks:
            return np.zeros(0, dtype=np.float32)
        keep = to_samples(REPLAY_S + LATEST_S + 1.0)
        self._near.drop_before(self._position - keep)
        self._far.drop_before(self._position - keep)
        return np.concatenate(blocks)

    def _is_ready(self) -> bool:
        end = self._position + BLOCK
        near_end = self._near.span.end
        if near_end < end:
            return False
        return (
            self._has_far_ended
            or self._far.span.end >= end + to_samples(LEAD_S)
            or near_end - end >= self._patience
        )

    def _clean_block(self) -> Float32Array:
        block = Span(self._position, self._position + BLOCK)
        self._position = block.end
        self._since_look += BLOCK
        if self._since_look >= DelayFinder.HOP:
            self._since_look = 0
            self._look(block.start)
        near = self._near.get(block)
        if self._room is None:
            return near
        prediction = self._room.predict(self._far_of(block, self._room.delay), near)
        return self._without_residue(prediction)

    def _far_of(self, block: Span, delay: int) -> Float32Array:
        return self._far.get(block.shift(PRECURSOR - delay))

    def _look(self, end: int) -> None:
        """Measure the delay; take, change or drop the filter."""
        frame = Span(max(end - DelayFinder.FRAME, 0), end)
        if frame.length < DelayFinder.FRAME:
            return
        room = self._room
        if room is not None:
            self._residue = room.usual_residue
            if room.is_wrong:
                self._room = room = None
        peak = self._finder.push(self._far.get(frame), self._near.get(frame))
        if peak is None:
            return
        last, self._last_peak = self._last_peak, peak
        if peak.sharpness < SHARPNESS or last is None:
            return
        if last.sharpness < SHARPNESS or abs(last.delay - peak.delay) > SAME_DELAY:
            return
        if room is None or abs(peak.delay - room.delay) > MOVED_DELAY:
            self._try(peak.delay, end)

    def _try(self, delay: int, end: int) -> None:
        """Run a filter over the recent past; take it if it explains the microphone."""
        count = to_samples(REPLAY_S) // BLOCK
        first = max(end - count * BLOCK, self._near.span.start)
        blocks = [Span(start, start + BLOCK) for start in range(first, end - BLOCK + 1, BLOCK)]
        pairs = [(self._far_of(block, delay), self._near.get(block)) for block in blocks]
        expected = _expected_power(pairs)
        active = [i for i, (far, _) in enumerate(pairs) if np.dot(far, far) > FAR_FLOOR**2 * BLOCK]
        if len(active) < MIN_ACTIVE_BLOCKS:
            return
        unseen = active[len(active) * 2 // 3]
        trial = Room(delay=delay, filter=EchoFilter(expected_power=expected))
        for _ in range(TRAINING_PASSES):
            trial.filter.rewind()
            trial.filter.doubt()
            for far, near in pairs[:unseen]:
                trial.filter.predict(far, near)
        for far, near in pairs[unseen:]:
            trial.predict(far, near)
        known_db = 0.0 if self._room is None else self._room.mean_gain_db(len(trial.gains_db))
        if trial.mean_gain_db() - known_db < MIN_GAIN_DB:
            return
        trial.filter.rewind()
        self._room = Room(delay=delay, filter=trial.filter)
        cleaned = [self._without_residue(self._room.predict(far, near)) for far, near in pairs]
        self._repair = Repair(span=Span(first, end), samples=np.concatenate(cleaned))

    def _without_residue(self, prediction: Prediction) -> Float32Array:
        """Turn the microphone down while nothing but the rest of an echo is in it."""
        self._echo_power = max(prediction.echo_power, ECHO_DECAY * self._echo_power)
        self._noise_power = min(prediction.clean_power, NOISE_RISE * self._noise_power)
        rest = RESIDUE_MARGIN * self._residue * self._echo_power
        if prediction.clean_power > max(rest, NOISE_MARGIN * self._noise_power):
            self._open_blocks = OPEN_BLOCKS
        else:
            self._open_blocks = max(0, self._open_blocks - 1)
        gain = 1.0 if self._open_blocks or rest < self._noise_power else CLOSED_GAIN
        if gain == self._gain == 1.0:
            return prediction.clean
        ramp = np.full(BLOCK, gain, dtype=np.float32)
        ramp[: BLOCK // 4] = np.linspace(self._gain, gain, BLOCK // 4, dtype=np.float32)
        self._gain = gain
        return prediction.clean * ramp


def _expected_power(pairs: list[tuple[Float32Array, Float32Array]]) -> float:
    """How loud the echo can be, from blocks of both streams."""
    ratios = [
        float(np.dot(near, near) / np.dot(far, far))
        for far, near in pairs
        if np.dot(far, far) > FAR_FLOOR**2 * BLOCK
    ]
    return float(np.clip(np.median(ratios), *EXPECTED_POWER)) if ratios else EXPECTED_POWER[0]
