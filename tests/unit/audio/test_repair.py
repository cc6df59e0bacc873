"""Recordings as crashes and power cuts leave them."""

import json

import numpy as np
import pytest
import soundfile

from app.audio.repair import repair
from app.audio.segment_index import SegmentIndex
from app.domain.ids import StreamId
from app.domain.units import SESSION_RATE_HZ

pytestmark = pytest.mark.unit

RATE_HZ = 16_000
SOUND = (3_000 * np.sin(np.arange(4 * RATE_HZ) * 0.05)).astype("<i2") + np.int16(1)


def write_recording(folder, *segments, spool=SOUND):
    """A recording whose archive is as it was captured at 16 kHz, and whose spool is `spool`."""
    for number, segment in enumerate(segments, start=1):
        soundfile.write(folder / f"mic-{number:04d}.flac", segment, RATE_HZ, "PCM_16")
    (folder / "mic.s16").write_bytes(spool.tobytes())


def spool_of(folder):
    return np.frombuffer((folder / "mic.s16").read_bytes(), dtype="<i2")


def test_complete_recording_stays_as_it_is(tmp_path):
    write_recording(tmp_path, SOUND[:40_000], SOUND[40_000:])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    (info,) = repair(tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert (info.stream, info.sample_count) == (StreamId.MIC, len(SOUND))
    assert [path.name for path in info.original_paths] == ["mic-0001.flac", "mic-0002.flac"]
    assert (info.rate_hz, info.channels) == (RATE_HZ, 1)


def test_losses_are_those_of_the_index_as_far_as_there_is_audio(tmp_path):
    write_recording(tmp_path, SOUND)
    end_s = len(SOUND) / SESSION_RATE_HZ
    rows = [[0.5, 1.0], [end_s - 0.25, end_s + 9.0], [end_s + 1.0, end_s + 2.0]]
    (tmp_path / "mic.index.jsonl").write_text(
        "".join(json.dumps({"lost": row}) + "\n" for row in rows)
    )

    (info,) = repair(tmp_path)

    assert [(span.start_s, span.end_s) for span in info.lost] == [
        (0.5, 1.0),
        (end_s - 0.25, end_s),
    ]


def test_half_a_sample_is_dropped_and_other_files_are_ignored(tmp_path):
    (tmp_path / "system.s16").write_bytes(b"\1\0\2\0\3")
    (tmp_path / "notes.s16").write_bytes(b"\1")

    infos = repair(tmp_path)

    assert [(info.stream, info.sample_count) for info in infos] == [(StreamId.SYSTEM, 2)]
    assert (tmp_path / "system.s16").read_bytes() == b"\1\0\2\0"
    assert (tmp_path / "notes.s16").read_bytes() == b"\1"


@pytest.mark.parametrize("left", [0, 10_001, 40_000, 50_000])
@pytest.mark.parametrize("zeros", [0, 7_000])
def test_end_of_the_spool_that_never_reached_the_disk_comes_from_the_archive(tmp_path, left, zeros):
    torn = np.concatenate((SOUND[:left], np.zeros(zeros, dtype="<i2")))
    write_recording(tmp_path, SOUND[:40_000], SOUND[40_000:], spool=torn)

    (info,) = repair(tmp_path)

    np.testing.assert_array_equal(spool_of(tmp_path), SOUND)
    assert info.sample_count == len(SOUND)


def test_segments_of_another_rate_and_width_are_brought_to_that_of_the_spool(tmp_path):
    times = np.arange(4 * 48_000) / 48_000
    tone = 0.3 * np.sin(2 * np.pi * 440 * times)
    soundfile.write(tmp_path / "mic-0001.flac", np.stack([tone, tone], axis=1), 48_000, "PCM_16")
    wanted = np.rint(32_768 * 0.3 * np.sin(2 * np.pi * 440 * np.arange(64_000) / 16_000))
    (tmp_path / "mic.s16").write_bytes(wanted[:20_000].astype("<i2").tobytes())

    (info,) = repair(tmp_path)

    repaired = spool_of(tmp_path).astype(int)
    assert (info.rate_hz, info.channels, len(repaired)) == (48_000, 2, 64_000)
    inner = slice(21_000, 63_000)
    assert np.abs(repaired[inner] - wanted[inner]).max() <= 3


def test_spool_that_is_a_little_shorter_because_of_a_clock_stays(tmp_path):
    write_recording(tmp_path, SOUND, spool=SOUND[:-3_000])

    (info,) = repair(tmp_path)

    assert info.sample_count == len(SOUND) - 3_000


def test_silence_at_the_end_stays_silence(tmp_path):
    quiet = np.concatenate((SOUND, np.zeros(32_000, dtype="<i2")))
    write_recording(tmp_path, quiet, spool=quiet)

    repair(tmp_path)

    np.testing.assert_array_equal(spool_of(tmp_path), quiet)


def test_segment_that_cannot_be_read_leaves_the_rest(tmp_path):
    write_recording(tmp_path, SOUND[:40_000], spool=SOUND[:40_000])
    (tmp_path / "mic-0002.flac").write_bytes(b"fLaC, and then nothing")

    (info,) = repair(tmp_path)

    assert info.sample_count == 40_000
    np.testing.assert_array_equal(spool_of(tmp_path), SOUND[:40_000])


def write_index(folder, *starts):
    index = SegmentIndex(folder, "mic")
    for number, start in enumerate(starts, start=1):
        index.add(f"mic-{number:04d}", start / RATE_HZ, rate_hz=RATE_HZ, channels=1)
    index.close()


@pytest.mark.parametrize("damage", ["gone", "unreadable", "torn"])
def test_what_follows_a_damaged_segment_stays_at_its_place(tmp_path, damage):
    write_recording(tmp_path, SOUND[:20_000], SOUND[20_000:40_000], SOUND[40_000:], spool=SOUND[:0])
    write_index(tmp_path, 0, 20_000, 40_000)
    second = tmp_path / "mic-0002.flac"
    kept = 0
    if damage == "gone":
        second.unlink()
    elif damage == "unreadable":
        second.write_bytes(b"fLaC" + bytes(100))
    else:
        kept = 12_000
        soundfile.write(second, SOUND[20_000 : 20_000 + kept], RATE_HZ, "PCM_16")

    (info,) = repair(tmp_path)

    expected = SOUND.copy()
    expected[20_000 + kept : 40_000] = 0
    np.testing.assert_array_equal(spool_of(tmp_path), expected)
    assert info.dropped_samples == 20_000 - kept


def test_whole_recording_with_an_index_lacks_nothing(tmp_path):
    write_recording(tmp_path, SOUND[:40_000], SOUND[40_000:], spool=SOUND[:30_000])
    write_index(tmp_path, 0, 40_000)

    (info,) = repair(tmp_path)

    np.testing.assert_array_equal(spool_of(tmp_path), SOUND)
    assert info.dropped_samples == 0
