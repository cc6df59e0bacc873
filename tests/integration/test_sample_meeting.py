"""The sample meeting and the test clips are what their references say."""

import json
from pathlib import Path

import meeteval
import numpy as np
import pytest
import soundfile

from app.domain.units import SESSION_RATE_HZ

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "resources" / "sample"
CLIPS = ROOT / "tests" / "data"
MAX_SAMPLE_BYTES = 3_000_000


def spans(stream: str, speaker: str | None = None) -> list[tuple[float, float]]:
    rows = json.loads((SAMPLE / "reference.seglst.json").read_text())
    return [
        (row["start_time"], row["end_time"])
        for row in rows
        if row["stream"] == stream and speaker in {None, row["speaker"]}
    ]


def shared_s(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> list[float]:
    lengths = [min(b, d) - max(a, c) for a, b in one for c, d in other]
    return [round(length, 2) for length in lengths if length > 0]


def rms_dbfs(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples**2)))


def test_sample_streams_are_16_khz_mono_and_equally_long():
    infos = [soundfile.info(SAMPLE / f"{name}.flac") for name in ("mic", "system")]

    assert {(info.samplerate, info.channels) for info in infos} == {(SESSION_RATE_HZ, 1)}
    assert len({info.frames for info in infos}) == 1
    assert 60 <= infos[0].duration <= 75


def test_sample_fits_its_size():
    files = [file for file in SAMPLE.iterdir() if file.is_file()]

    assert sum(file.stat().st_size for file in files) <= MAX_SAMPLE_BYTES


def test_sample_has_one_near_voice_and_two_far_ones_that_overlap():
    rows = json.loads((SAMPLE / "reference.seglst.json").read_text())

    assert {(row["stream"], row["speaker"]) for row in rows} == {
        ("mic", "s460"),
        ("system", "s3947"),
        ("system", "s7367"),
    }
    assert shared_s(spans("system", "s3947"), spans("system", "s7367")) == [2.4]
    assert shared_s(spans("mic"), spans("system")) == [0.7]


@pytest.mark.parametrize("stream", ["mic", "system"])
def test_sample_speaks_where_the_reference_says_and_is_quiet_elsewhere(stream):
    samples, _ = soundfile.read(SAMPLE / f"{stream}.flac")
    is_speech = np.zeros(len(samples), dtype=bool)
    is_near_speech = is_speech.copy()
    for start_s, end_s in spans(stream):
        is_speech[round(start_s * SESSION_RATE_HZ) : round(end_s * SESSION_RATE_HZ)] = True
        near = slice(
            round((start_s - 0.15) * SESSION_RATE_HZ), round((end_s + 0.15) * SESSION_RATE_HZ)
        )
        is_near_speech[near] = True

    assert -26 < rms_dbfs(samples[is_speech]) < -21
    assert -62 < rms_dbfs(samples[~is_near_speech]) < -58
    assert np.abs(samples).max() < 0.95


def test_sample_turns_cover_the_reference_text():
    turns = meeteval.io.load(SAMPLE / "reference.rttm").lines
    rows = json.loads((SAMPLE / "reference.seglst.json").read_text())

    spoken_s = float(sum(line.duration for line in turns))

    assert {line.speaker_id for line in turns} == {row["speaker"] for row in rows}
    assert spoken_s <= sum(row["end_time"] - row["start_time"] for row in rows) < spoken_s + 2


def test_clips_are_small_and_their_texts_are_there():
    one = soundfile.info(CLIPS / "one_speaker.flac")
    two = soundfile.info(CLIPS / "two_speakers.flac")
    rows = json.loads((CLIPS / "two_speakers.seglst.json").read_text())

    assert 6 <= one.duration <= 8
    assert 12 <= two.duration <= 14
    assert rows[-1]["end_time"] < two.duration
    assert {row["speaker"] for row in rows} == {"s118", "s1970"}
    assert (CLIPS / "one_speaker.txt").read_text().startswith("SHE FELT")
