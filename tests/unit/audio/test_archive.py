import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.archive import (
    WAV_HEADER_BYTES,
    Archive,
    WavSegment,
    pack_segment,
    repair_segments,
    segment_paths,
)
from app.audio.segment_index import read_index

pytestmark = pytest.mark.unit

RATE_HZ = 1_000


def noise(count: int, channels: int = 2) -> np.ndarray:
    random = np.random.default_rng(count)
    return random.integers(-3_000, 3_000, (count, channels), dtype=np.int16)


def stored(paths) -> np.ndarray:
    return np.concatenate([soundfile.read(p, dtype="int16", always_2d=True)[0] for p in paths])


def make_archive(folder: Path, **more) -> Archive:
    return Archive(folder, "mic", rate_hz=RATE_HZ, channels=2, segment_s=2.0, **more)


def test_segments_follow_each_other_without_a_seam(tmp_path):
    archive, frames = make_archive(tmp_path), noise(7_350)

    for start in range(0, len(frames), 333):
        archive.append(frames[start : start + 333])
    archive.close()

    paths = segment_paths(tmp_path, "mic")
    assert [p.name for p in paths] == [f"mic-000{n}.flac" for n in (1, 2, 3, 4)]
    assert [soundfile.info(p).frames for p in paths] == [2_000, 2_000, 2_000, 1_350]
    np.testing.assert_array_equal(stored(paths), frames)
    assert sorted(tmp_path.iterdir()) == sorted([*paths, tmp_path / "mic.index.jsonl"])
    assert list(read_index(tmp_path, "mic").values()) == [0.0, 2.0, 4.0, 6.0]


def test_open_segment_is_readable_after_every_sync(tmp_path):
    archive, frames = make_archive(tmp_path), noise(900)

    archive.append(frames[:500])
    archive.sync()
    first = stored([tmp_path / "mic-0001.wav"])
    archive.append(frames[500:])
    archive.sync()
    second = stored([tmp_path / "mic-0001.wav"])
    archive.close()

    np.testing.assert_array_equal(first, frames[:500])
    np.testing.assert_array_equal(second, frames)


def test_full_segment_is_forced_to_disk_before_the_next_one_begins(tmp_path, monkeypatch):
    forced = []
    first, second = tmp_path / "mic-0001.wav", tmp_path / "mic-0002.wav"

    def force(_descriptor: int) -> None:
        forced.append((first.stat().st_size, second.exists()))

    monkeypatch.setattr(os, "fsync", force)
    archive = make_archive(tmp_path)
    archive.append(noise(2_500))

    assert forced == [(44 + 2_000 * 2 * 2, False)]
    archive.close()


def test_packing_goes_in_steps_beside_the_open_segment(tmp_path):
    archive = Archive(tmp_path, "mic", rate_hz=RATE_HZ, channels=2, segment_s=10.0)
    archive.append(noise(10_500))

    has_more = [archive.pack_step() for _ in range(5)]
    names_during = sorted(p.name for p in tmp_path.glob("mic-*"))
    has_more.append(archive.pack_step())
    names_after = sorted(p.name for p in tmp_path.glob("mic-*"))
    archive.close()

    assert has_more == [True] * 5 + [False]
    assert names_during == ["mic-0001.flac.part", "mic-0001.wav", "mic-0002.wav"]
    assert names_after == ["mic-0001.flac", "mic-0002.wav"]


def test_new_format_starts_a_new_segment(tmp_path):
    archive = make_archive(tmp_path)
    archive.append(noise(100))

    archive.change_format(rate_hz=500, channels=1)
    archive.append(noise(50, channels=1))
    archive.change_format(rate_hz=2_000, channels=1)
    archive.append(noise(10, channels=1))
    archive.close()

    starts_s = [read_index(tmp_path, "mic")[f"mic-000{n}"] for n in (1, 2, 3)]
    assert starts_s == pytest.approx([0.0, 0.1, 0.2])
    infos = [soundfile.info(p) for p in segment_paths(tmp_path, "mic")]
    assert [(i.samplerate, i.channels, i.frames) for i in infos][:2] == [
        (1_000, 2, 100),
        (500, 1, 50),
    ]


def test_more_channels_than_flac_takes_stay_wav(tmp_path):
    frames = noise(100, channels=9)
    archive = Archive(tmp_path, "mic", rate_hz=RATE_HZ, channels=9)

    archive.append(frames)
    archive.close()

    np.testing.assert_array_equal(stored([tmp_path / "mic-0001.wav"]), frames)


def test_segment_that_cannot_be_packed_is_kept(tmp_path):
    path = tmp_path / "mic-0001.wav"
    path.write_bytes(b"not a wav file")

    assert list(pack_segment(path)) == []

    assert [p.name for p in tmp_path.iterdir()] == ["mic-0001.wav"]


def test_repair_mends_a_killed_segment(tmp_path):
    frames = noise(1_234)
    segment = WavSegment(tmp_path / "mic-0001.wav", rate_hz=RATE_HZ, channels=2)
    segment.append(frames)
    segment.close()
    # As after a kill: the header knows of nothing, and the last frame is half written.
    with (tmp_path / "mic-0001.wav").open("r+b") as file:
        file.seek(40)
        file.write(b"\0\0\0\0")
        file.seek(0, 2)
        file.write(b"\1\2\3")

    paths = repair_segments(tmp_path, "mic")

    assert [p.name for p in paths] == ["mic-0001.flac"]
    np.testing.assert_array_equal(stored(paths), frames)


def test_repair_removes_what_was_half_done(tmp_path):
    frames = noise(100)
    soundfile.write(tmp_path / "mic-0001.flac", frames, RATE_HZ)
    soundfile.write(tmp_path / "mic-0001.wav", frames, RATE_HZ)
    soundfile.write(tmp_path / "mic-0002.wav", frames, RATE_HZ)
    (tmp_path / "mic-0002.flac.part").write_bytes(b"half")
    (tmp_path / "mic-0003.wav").write_bytes(b"\0" * WAV_HEADER_BYTES)
    soundfile.write(tmp_path / "system-0001.wav", frames, RATE_HZ)

    paths = repair_segments(tmp_path, "mic")

    assert [p.name for p in paths] == ["mic-0001.flac", "mic-0002.flac"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "mic-0001.flac",
        "mic-0002.flac",
        "system-0001.wav",
    ]
    np.testing.assert_array_equal(stored(paths), np.concatenate([frames, frames]))


def test_repair_leaves_a_foreign_wav_alone(tmp_path):
    (tmp_path / "mic-0001.wav").write_bytes(b"\xff" * 500)

    repair_segments(tmp_path, "mic")

    assert (tmp_path / "mic-0001.wav").read_bytes() == b"\xff" * 500
