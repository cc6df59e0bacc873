import shutil
import threading
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio import files
from app.audio.files import FileImporter
from app.audio.spool import open_finished, to_int16
from app.domain.errors import Cancelled, Category, KnownError
from app.domain.ids import StreamId
from tests.media import tone, write_media

pytestmark = pytest.mark.unit

SECOND = 16_000


def read_all(source) -> np.ndarray:
    """Everything until the source is closed, int16."""
    pieces, start = [np.zeros(0, np.float32)], 0
    while (piece := source.read(start, SECOND, timeout_s=20)) is not None:
        assert len(piece), "the import stands still"
        pieces.append(piece)
        start += len(piece)
    return to_int16(np.concatenate(pieces))


def run_import(path: Path, folder: Path, **more):
    capture = FileImporter().start_import({StreamId.MIX: path}, folder, is_realtime=False, **more)
    samples = read_all(capture.sources()[StreamId.MIX])
    return samples, capture.stop()[0]


def test_import_keeps_16_khz_samples_bit_for_bit(tmp_path):
    values = np.random.default_rng(3).integers(-9_000, 9_000, 3 * SECOND + 77, dtype=np.int16)
    soundfile.write(tmp_path / "s.wav", values, SECOND)
    shares, notices = [], []

    samples, info = run_import(
        tmp_path / "s.wav",
        tmp_path / "meeting",
        on_progress=shares.append,
        on_notice=notices.append,
    )

    np.testing.assert_array_equal(samples, values)
    assert notices == []
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert info.spool_path == tmp_path / "meeting" / "mix.s16"
    assert info.spool_path.stat().st_size == 2 * len(values)
    assert info.sample_count == len(values)
    assert info.original_paths == (tmp_path / "s.wav",)
    assert (info.rate_hz, info.channels, info.device) == (16_000, 1, "s.wav")


@pytest.mark.parametrize(("rate_hz", "channels"), [(44_100, 2), (8_000, 1), (96_000, 6)])
def test_import_converts_any_rate_and_channels(tmp_path, rate_hz, channels):
    path = write_media(tmp_path / "s.flac", tone(2.5, rate_hz, channels=channels), rate_hz)

    samples, info = run_import(path, tmp_path / "meeting")

    assert len(samples) == 2.5 * SECOND
    expected = 0.3 * 32_768 * np.sin(2 * np.pi * 440 * np.arange(len(samples)) / SECOND)
    middle = slice(SECOND // 2, 2 * SECOND)
    assert np.abs(samples[middle] - expected[middle]).max() < 40
    assert (info.rate_hz, info.channels) == (rate_hz, channels)


def test_two_files_share_the_time_line_and_end_each_for_itself(tmp_path):
    mic = write_media(tmp_path / "mic.wav", tone(1.0, SECOND), SECOND)
    system = write_media(tmp_path / "system.wav", tone(2.0, SECOND), SECOND)

    capture = FileImporter().start_import(
        {StreamId.MIC: mic, StreamId.SYSTEM: system}, tmp_path / "meeting", is_realtime=False
    )
    lengths = {stream: len(read_all(source)) for stream, source in capture.sources().items()}
    infos = capture.stop()

    assert lengths == {StreamId.MIC: SECOND, StreamId.SYSTEM: 2 * SECOND}
    assert [info.stream for info in infos] == [StreamId.MIC, StreamId.SYSTEM]
    assert capture.duration_s() == 2.0


class SteppingClock:
    """Monotonic time that the import itself moves by waiting."""

    def __init__(self) -> None:
        self.time_s = 100.0
        self.reads = 0

    def monotonic(self) -> float:
        self.reads += 1
        return self.time_s


def test_realtime_import_holds_back_what_was_not_yet_spoken(tmp_path):
    path = write_media(tmp_path / "s.wav", tone(3.0, SECOND), SECOND)
    clock = SteppingClock()
    importer = FileImporter(clock)
    capture = importer.start_import({StreamId.MIX: path}, tmp_path / "meeting", is_realtime=True)
    source = capture.sources()[StreamId.MIX]

    clock.time_s += 1.0
    assert source.read(SECOND - 1, 1, timeout_s=10) is not None
    count_after_1_s = source.sample_count
    capture.stop()

    # The clock stands at 1.0 s: the next block waits for 1.1 s.
    assert SECOND <= count_after_1_s <= SECOND * 12 // 10


def test_stop_keeps_what_was_decoded(tmp_path):
    path = write_media(tmp_path / "s.wav", tone(30.0, SECOND), SECOND)
    capture = FileImporter().start_import(
        {StreamId.MIX: path}, tmp_path / "meeting", is_realtime=True
    )
    source = capture.sources()[StreamId.MIX]
    assert len(source.read(0, 1, timeout_s=10)) == 1
    level_dbfs = capture.levels_dbfs()[StreamId.MIX]

    info = capture.stop()[0]

    assert 0 < info.sample_count < 30 * SECOND
    assert open_finished(info.spool_path).sample_count == info.sample_count
    assert source.read(info.sample_count, 1, timeout_s=0) is None
    assert capture.stop() == (info,)
    assert level_dbfs == pytest.approx(-13.5, abs=0.3)


def test_cancel_ends_a_running_import(tmp_path):
    path = write_media(tmp_path / "s.wav", tone(30.0, SECOND), SECOND)
    cancel = threading.Event()
    capture = FileImporter().start_import(
        {StreamId.MIX: path}, tmp_path / "meeting", is_realtime=True, cancel=cancel
    )

    cancel.set()
    samples = read_all(capture.sources()[StreamId.MIX])

    assert len(samples) < 30 * SECOND
    assert capture.stop()[0].sample_count == len(samples)


def test_cancel_before_the_start_leaves_nothing(tmp_path):
    path = write_media(tmp_path / "s.wav", tone(1.0, SECOND), SECOND)
    cancel = threading.Event()
    cancel.set()

    with pytest.raises(Cancelled):
        FileImporter().start_import(
            {StreamId.MIX: path}, tmp_path / "meeting", is_realtime=False, cancel=cancel
        )

    assert not (tmp_path / "meeting").exists()


def test_silent_file_is_refused_and_leaves_nothing(tmp_path):
    noise = np.random.default_rng(1).normal(0, 10 ** (-70 / 20), 3 * SECOND)
    soundfile.write(tmp_path / "s.wav", noise, SECOND)

    with pytest.raises(KnownError, match="holds no sound") as caught:
        run_import(tmp_path / "s.wav", tmp_path / "meeting")

    assert caught.value.category is Category.INPUT
    assert not (tmp_path / "meeting").exists()


def test_sound_after_long_silence_is_accepted(tmp_path):
    samples = np.zeros(60 * SECOND, dtype=np.int16)
    samples[-2_000:] = 500
    soundfile.write(tmp_path / "s.flac", samples, SECOND)

    imported, _ = run_import(tmp_path / "s.flac", tmp_path / "meeting")

    np.testing.assert_array_equal(imported, samples)


def test_file_without_samples_is_refused(tmp_path):
    soundfile.write(tmp_path / "s.wav", np.zeros(0), SECOND)

    for attempt in (
        lambda: run_import(tmp_path / "s.wav", tmp_path / "meeting"),
        lambda: FileImporter().probe(tmp_path / "s.wav"),
    ):
        with pytest.raises(KnownError, match=r"s\.wav"):
            attempt()


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "webm"])
def test_truncated_file_gives_its_sound_and_a_notice(tmp_path, kind):
    path = write_media(tmp_path / f"s.{kind}", tone(10, 48_000), 48_000)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    notices = []

    samples, _ = run_import(path, tmp_path / "meeting", on_notice=notices.append)

    assert 3 * SECOND < len(samples) < 7 * SECOND
    assert len(notices) == 1
    assert f"s.{kind} is damaged or cut short" in notices[0].text
    assert notices[0].stream is StreamId.MIX


def test_truncated_file_without_index_is_refused(tmp_path):
    path = write_media(tmp_path / "s.m4a", tone(3, 48_000), 48_000)
    path.write_bytes(path.read_bytes()[:9_000])

    with pytest.raises(KnownError, match="damaged beyond reading"):
        run_import(path, tmp_path / "meeting")


def test_gap_in_a_file_becomes_silence(tmp_path):
    # Sound, a second without any, sound: the file's time line is kept.
    import av

    path = tmp_path / "hole.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=SECOND, layout="mono")
        for start in (0, 2 * SECOND):
            frame = av.AudioFrame.from_ndarray(
                np.full((1, SECOND), 999, np.int16), "s16", layout="mono"
            )
            frame.sample_rate, frame.pts = SECOND, start
            container.mux(stream.encode(frame))

    samples, _ = run_import(path, tmp_path / "meeting")

    assert len(samples) == 3 * SECOND
    assert set(samples[SECOND : 2 * SECOND]) == {0}
    assert set(samples[2 * SECOND :]) == {999}


def test_file_longer_than_a_day_is_refused(tmp_path):
    header = tmp_path / "s.wav"
    soundfile.write(header, np.full(SECOND, 0.5), 8_000, subtype="PCM_U8")
    with header.open("r+b") as file:
        # A sparse file: 25 hours that take no room.
        size_bytes = 25 * 3600 * 8_000
        file.truncate(44 + size_bytes)
        file.seek(4)
        file.write((36 + size_bytes).to_bytes(4, "little"))
        file.seek(40)
        file.write(size_bytes.to_bytes(4, "little"))

    with pytest.raises(KnownError, match="25 hours long; at most 24"):
        run_import(header, tmp_path / "meeting")


def test_full_disk_is_told_before_anything_is_written(tmp_path, monkeypatch):
    path = write_media(tmp_path / "s.wav", tone(1.0, SECOND), SECOND)
    usage = namedtuple("usage", "total used free")(10**9, 9 * 10**8, 10**8)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)

    with pytest.raises(KnownError, match="200 MB of disk space, and 100 MB are free") as caught:
        run_import(path, tmp_path / "meeting")

    assert caught.value.category is Category.DISK
    assert not (tmp_path / "meeting").exists()


def test_disk_error_while_decoding_is_a_notice_and_ends_the_stream(tmp_path, monkeypatch):
    path = write_media(tmp_path / "s.wav", tone(5.0, SECOND), SECOND)
    append = files.Spool.append

    def fill_up(spool, samples) -> None:
        if spool.sample_count >= 2 * SECOND:
            raise OSError(28, "No space left on device")
        append(spool, samples)

    monkeypatch.setattr(files.Spool, "append", fill_up)
    notices = []

    samples, info = run_import(path, tmp_path / "meeting", on_notice=notices.append)

    assert len(samples) == info.sample_count == 2 * SECOND
    assert "No space left on device" in notices[0].text


def test_probe_tells_the_format_without_a_folder(tmp_path):
    path = write_media(tmp_path / "s.webm", tone(2.0, 48_000, channels=2), 48_000)

    info = FileImporter().probe(path)

    assert (info.stream, info.device, info.rate_hz, info.channels) == (
        StreamId.MIX,
        "s.webm",
        48_000,
        2,
    )
    assert info.sample_count == pytest.approx(2 * SECOND, abs=500)
    assert info.original_paths == (path,)


def test_import_of_nothing_is_refused(tmp_path):
    with pytest.raises(KnownError, match="at least one file"):
        FileImporter().start_import({}, tmp_path / "meeting", is_realtime=False)
