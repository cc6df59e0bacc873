import numpy as np
import pytest
import soundfile

from app.audio.levels import Finding
from app.audio.segment_index import read_losses
from app.audio.spool import open_finished
from app.audio.timeline import StreamWriter
from app.domain.ids import StreamId
from tests.fakes.audio_device import make_device

pytestmark = pytest.mark.unit


def make_writer(folder, **more) -> StreamWriter:
    return StreamWriter(folder, StreamId.MIC, make_device(**more), segment_s=30.0)


def ones(count: int, channels: int = 1) -> np.ndarray:
    return np.full((count, channels), 1_000, dtype=np.int16)


def archived(info) -> np.ndarray:
    return np.concatenate(
        [soundfile.read(p, dtype="int16", always_2d=True)[0] for p in info.original_paths]
    )


def test_archive_and_spool_have_one_time_line(tmp_path):
    writer = make_writer(tmp_path)

    writer.fill_until(0.5, is_loss=False)
    writer.append(ones(24_000))
    writer.append_loss(4_800)
    writer.append(ones(24_000))
    writer.close()

    info = writer.info()
    runs = [(0, 0.5), (1, 0.5), (0, 0.1), (1, 0.5)]
    expected = np.concatenate([np.full(round(s * 48_000), v * 1_000) for v, s in runs])
    np.testing.assert_array_equal(archived(info)[:, 0], expected)
    assert info.sample_count == round(1.6 * 16_000)
    assert info.dropped_samples == 1_600
    spool = open_finished(info.spool_path).read(0, 10**6, timeout_s=0)
    middles = [spool[round(t * 16_000)] * 32_768 for t in (0.25, 0.75, 1.05, 1.35)]
    assert middles == pytest.approx([0, 1_000, 0, 1_000], abs=2)


def test_time_that_has_been_reached_needs_no_filling(tmp_path):
    writer = make_writer(tmp_path)
    writer.append(ones(48_000))

    writer.fill_until(0.9, is_loss=True)
    writer.close()

    assert writer.info().sample_count == 16_000
    assert writer.info().dropped_samples == 0


def test_losses_that_are_missed_are_named(tmp_path):
    writer = make_writer(tmp_path)
    writer.append(ones(48_000))
    for piece in range(1, 11):
        writer.fill_until(1.0 + 0.06 * piece, is_loss=True)
    writer.append(ones(48_000))
    writer.append_loss(4_800)
    writer.append_silence(48_000)
    writer.append_loss(48_000)
    noted = read_losses(tmp_path, "mic")
    writer.close()

    info = writer.info()

    seconds = [(span.start / 16_000, span.end / 16_000) for span in info.lost]
    assert seconds == [pytest.approx((1.0, 1.6)), pytest.approx((3.7, 4.7))]
    assert info.dropped_samples == round((0.6 + 0.1 + 1.0) * 16_000)
    assert noted == (pytest.approx((1.0, 1.54)), pytest.approx((3.7, 4.7)))


def test_loss_that_goes_on_is_noted_as_it_grows(tmp_path):
    writer = make_writer(tmp_path)
    for piece in range(1, 101):
        writer.fill_until(0.05 * piece, is_loss=True)
    writer.close()

    rows = (tmp_path / "mic.index.jsonl").read_text().count("lost")
    assert 8 <= rows <= 10
    assert read_losses(tmp_path, "mic") == (pytest.approx((0.0, 5.0), abs=0.6),)


def test_other_device_goes_on_where_the_first_ended(tmp_path):
    writer = make_writer(tmp_path)
    writer.append(ones(48_000))

    writer.change_device(make_device(rate_hz=44_100, channels=2, name="Other"))
    writer.fill_until(2.0, is_loss=True)
    writer.append(ones(44_100, channels=2))
    writer.close()

    info = writer.info()
    formats = [
        (i.samplerate, i.channels, i.frames) for i in map(soundfile.info, info.original_paths)
    ]
    assert formats == [(48_000, 1, 48_000), (44_100, 2, 88_200)]
    assert info.sample_count == 3 * 16_000
    assert info.dropped_samples == 16_000
    assert (info.device, info.rate_hz, info.channels) == ("Other", 44_100, 2)


def test_level_is_of_the_mix_and_signals_are_found(tmp_path):
    writer = make_writer(tmp_path, channels=2)
    quiet = np.repeat([[16_384, 0]], 4_800, axis=0).astype(np.int16)

    writer.append(quiet)
    writer.append(np.full((4_800, 2), 32_767, np.int16))
    level_dbfs = writer.level_dbfs
    writer.append(quiet)
    quiet_level_dbfs = writer.level_dbfs
    found = writer.append(np.full((10 * 48_000, 2), 32_767, np.int16))
    writer.close()

    assert {signal.finding for signal in found} == {Finding.CLIPPING, Finding.TALKING}
    assert level_dbfs == pytest.approx(0.0, abs=0.01)
    assert quiet_level_dbfs == pytest.approx(-12.04, abs=0.01)


def test_one_channel_that_is_cut_off_is_found(tmp_path):
    writer = make_writer(tmp_path, channels=2)
    frames = ones(480_000, 2)
    frames[::100, 1] = -32_768

    signals = writer.append(frames)
    writer.close()

    (clipping,) = [s for s in signals if s.finding is Finding.CLIPPING]
    assert clipping.value == pytest.approx(0.01)


def test_synced_data_are_readable_while_writing(tmp_path):
    writer = make_writer(tmp_path)
    writer.append(ones(48_000))

    writer.sync()
    frames = soundfile.info(tmp_path / "mic-0001.wav").frames
    writer.pack_step()
    writer.close()

    assert frames == 48_000


def test_archive_is_closed_where_the_disk_refuses_the_end_of_the_spool(tmp_path, monkeypatch):
    writer = make_writer(tmp_path)
    writer.append(ones(48_000))

    def refuse() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer.spool, "sync", refuse)
    with pytest.raises(OSError, match="No space"):
        writer.close()

    # Packed, which only closed segments are.
    assert [path.suffix for path in writer.info().original_paths] == [".flac"]
