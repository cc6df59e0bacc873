import numpy as np
import pytest

from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.services.sound_check import CHIRP_DBFS, chirp, judge, listen
from tests.fakes.audio import FakeCaptureBackend, FakePlayer

pytestmark = pytest.mark.unit

QUIET = 16_000


def room(noise_dbfs: float, *, at: int | None = None, gain: float = 1.0, seed: int = 1):
    """Three seconds of noise in which the chirp begins `at` samples behind the quiet second."""
    noise = np.random.default_rng(seed).normal(0, 10 ** (noise_dbfs / 20), 3 * QUIET)
    samples = noise.astype(np.float32)
    if at is not None:
        samples[QUIET + at : QUIET + at + len(chirp())] += gain * chirp()
    return samples


def test_chirp_is_quiet_and_begins_and_ends_softly():
    sound = chirp()

    middle = sound[len(sound) // 4 : 3 * len(sound) // 4]
    assert 10 * np.log10(np.mean(middle**2)) == pytest.approx(CHIRP_DBFS, abs=0.2)
    assert np.abs(sound[[0, -1]]).max() < 1e-3


def test_leak_is_measured_in_level_and_delay():
    mic = room(-65.0, at=5_400, gain=0.25)
    system = room(-90.0, at=4_000, seed=2)

    heard = judge(mic, system, quiet_samples=QUIET)

    assert heard.is_looped
    assert heard.leak_db == pytest.approx(-12.0, abs=0.5)
    assert heard.leak_s == pytest.approx(1_400 / 16_000)
    assert heard.noise_dbfs == pytest.approx(-65.0, abs=0.2)


def test_weak_leak_is_found_in_noise_and_noise_alone_is_none():
    system = room(-90.0, at=4_000)

    weak = judge(room(-50.0, at=5_000, gain=0.05), system, quiet_samples=QUIET)
    none = [judge(room(-50.0, seed=seed), system, quiet_samples=QUIET) for seed in range(20)]

    assert weak.leak_db == pytest.approx(-26.0, abs=2.0)
    assert all(heard.leak_db is None for heard in none)


def test_system_audio_without_the_chirp_is_no_loopback():
    for system in (np.zeros(3 * QUIET, np.float32), room(-30.0), np.zeros(0, np.float32)):
        heard = judge(room(-60.0), system, quiet_samples=QUIET)

        assert heard.is_looped is False
        assert heard.leak_db is None


def test_streams_that_are_not_recorded_are_left_out():
    only_mic = judge(room(-60.0), None, quiet_samples=QUIET)
    only_system = judge(None, room(-90.0, at=10), quiet_samples=QUIET)

    assert only_mic.is_looped is None
    assert only_system.is_looped
    assert only_system.noise_dbfs is None


class Loop(FakePlayer):
    """A player that the fake devices hear."""

    def __init__(self, backend: FakeCaptureBackend) -> None:
        super().__init__()
        self.backend = backend

    def play(self, spools, start_s, end_s=None, *, speed=1.0) -> None:
        super().play(spools, start_s, end_s, speed=speed)
        played = np.fromfile(spools[0], "<i2").astype(np.float32) / 32_768
        rest = np.zeros(3 * QUIET, np.float32)
        for stream, spool in self.backend.captures[-1].spools.items():
            spool.append(np.concatenate((played * (0.5 if stream is StreamId.MIC else 1), rest)))


def test_check_records_plays_and_cleans_up():
    backend = FakeCaptureBackend(np.zeros(QUIET, dtype=np.float32))

    heard = listen(
        backend, Loop(backend), dict.fromkeys((StreamId.MIC, StreamId.SYSTEM), "default")
    )

    assert heard.is_looped
    assert heard.leak_db == pytest.approx(-6.0, abs=0.1)
    assert heard.leak_s == 0
    assert backend.captures[0].stop_count == 1


def test_capture_is_stopped_when_nothing_can_be_played(monkeypatch):
    backend = FakeCaptureBackend(np.zeros(QUIET, dtype=np.float32))
    player = FakePlayer()

    def refuse(*_args, **_more) -> None:
        raise KnownError("no output", category=Category.DEVICE)

    monkeypatch.setattr(player, "play", refuse)

    with pytest.raises(KnownError, match="no output"):
        listen(backend, player, {StreamId.SYSTEM: "default"})
    assert backend.captures[0].stop_count == 1
