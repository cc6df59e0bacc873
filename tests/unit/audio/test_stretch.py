from __future__ import annotations

import numpy as np
import pytest

from app.audio.stretch import HOP_SAMPLES, stretched

pytestmark = pytest.mark.unit

RATE_HZ = 16_000


def reader(samples: np.ndarray):
    def read(start: int, count: int) -> np.ndarray:
        piece = samples[start : start + count]
        return np.pad(piece, (0, count - len(piece)))

    return read


def tone(frequency_hz: float, duration_s: float) -> np.ndarray:
    times = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    return np.rint(9_000 * np.sin(2 * np.pi * frequency_hz * times)).astype(np.int16)


def loudest_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * RATE_HZ / len(samples)


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.25, 1.5, 2.0])
def test_length_changes_and_pitch_stays(speed):
    samples = tone(220, 3)

    played = np.concatenate([b for b, _ in stretched(reader(samples), 0, len(samples), speed)])

    assert len(played) == pytest.approx(len(samples) / speed, abs=2 * HOP_SAMPLES)
    assert loudest_hz(played[RATE_HZ // 4 : -RATE_HZ // 4]) == pytest.approx(220, abs=3)


@pytest.mark.parametrize("speed", [0.5, 1.5, 2.0])
def test_a_steady_tone_stays_steady(speed):
    samples = tone(150, 2)

    played = np.concatenate([b for b, _ in stretched(reader(samples), 0, len(samples), speed)])

    inner = played[RATE_HZ // 8 : -RATE_HZ // 8].astype(float)
    loudness = np.sqrt(np.mean(inner[: len(inner) // 320 * 320].reshape(-1, 320) ** 2, axis=1))
    assert loudness.min() > 0.85 * loudness.max()


def test_positions_rise_from_start_to_end():
    samples = tone(200, 2)

    positions = [p for _, p in stretched(reader(samples), 8_000, 24_000, 1.5)]

    assert positions == sorted(positions)
    assert positions[0] == 8_000 + round(1.5 * HOP_SAMPLES)
    assert positions[-1] == 24_000


def test_at_its_own_speed_nothing_changes():
    samples = np.random.default_rng(7).integers(-9_000, 9_000, 16_000).astype(np.int16)

    played = np.concatenate([b for b, _ in stretched(reader(samples), 0, len(samples), 1.0)])

    assert np.abs(played.astype(int) - samples[: len(played)].astype(int)).max() <= 1


def test_silence_stays_silence():
    played = [b for b, _ in stretched(reader(np.zeros(4_000, dtype=np.int16)), 0, 4_000, 2.0)]

    assert not np.concatenate(played).any()
