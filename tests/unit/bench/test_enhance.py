"""Scores of speech whose noise was taken out."""

import json

import numpy as np
import pytest

from app.bench.enhance import (
    CLEANED,
    ORIGINAL,
    EnhanceResult,
    Heard,
    draw_enhance,
    make_talk,
    run_enhance,
    stoi,
)
from app.bench.mixtures import Talker
from app.bench.noises import Noise
from app.bench.scoring import WordScore
from app.domain.errors import KnownError
from tests.fakes.clock import FakeClock
from tests.fakes.talkers import hum, write_recording

pytestmark = pytest.mark.unit

NOISE = Noise(name="hiss", samples=np.random.default_rng(0).standard_normal(16_000))


@pytest.fixture
def talkers(tmp_path):
    made = []
    for name, frequency in (("ada", 300), ("bob", 500)):
        files = [
            write_recording(tmp_path / f"{name}-{i}.wav", hum(2.0, frequency)) for i in range(2)
        ]
        made.append(Talker(name=name, files=tuple(files), texts=(f"{name} one", f"{name} two")))
    return made


def heard(snr_db, way, si_sdr_db, stoi_value=0.8, words=None):
    return Heard(snr_db=snr_db, way=way, si_sdr_db=si_sdr_db, stoi=stoi_value, words=words)


def test_talkers_take_turns_with_pauses(talkers):
    talk = make_talk([*talkers, Talker(name="mute", files=talkers[0].files)], 3)

    assert [(t.speaker, t.words) for t in talk.turns] == [
        ("ada", "ada one"),
        ("bob", "bob one"),
        ("ada", "ada two"),
    ]
    assert [t.start_s for t in talk.turns] == [1.0, 4.0, 7.0]
    assert len(talk.speech) == len(talk.is_speech) == 10 * 16_000
    assert np.all((talk.speech != 0) <= talk.is_speech)
    assert talk.is_speech.sum() == 6 * 16_000


def test_talkers_without_words_are_a_known_error(talkers):
    with pytest.raises(KnownError, match=r"trans\.txt"):
        make_talk([Talker(name="mute", files=talkers[0].files)], 3)


def test_every_ratio_is_heard_both_ways(talkers):
    talk = make_talk(talkers, 2)
    named = []

    def perfect(samples, limit_db):
        assert limit_db == 9.0
        return talk.speech.copy()

    def transcribe(name, samples):
        named.append(name)
        return WordScore(words=10, errors=len(named))

    result = run_enhance(talk, [NOISE], (0.0, 20.0), 9.0, perfect, transcribe, FakeClock())

    assert named == ["0 dB, original", "0 dB, cleaned", "20 dB, original", "20 dB, cleaned"]
    assert [(h.snr_db, h.way) for h in result.heard] == [
        (0.0, ORIGINAL),
        (0.0, CLEANED),
        (20.0, ORIGINAL),
        (20.0, CLEANED),
    ]
    # Speech fills four sevenths of the talk, noise all of it.
    assert result.heard[0].si_sdr_db == pytest.approx(-2.4, abs=0.2)
    assert result.heard[2].si_sdr_db == pytest.approx(17.6, abs=0.2)
    assert result.gain(0.0, lambda h: h.si_sdr_db) > 30
    assert result.gain(20.0, lambda h: h.words.errors) == 1
    assert result.real_time == 0.0


def test_promise_holds_where_there_is_noise():
    def missed(*rows, real_time=0.05):
        result = EnhanceResult(limit_db=12.0, heard=rows, real_time=real_time)
        return [target.name for target in result.targets if target.is_missed]

    noisy = (heard(5.0, ORIGINAL, 4.0, 0.7), heard(5.0, CLEANED, 8.0, 0.8))
    clear = (heard(20.0, ORIGINAL, 20.0, 0.99), heard(20.0, CLEANED, 20.5, 0.98))

    assert missed(*noisy, *clear) == []
    assert missed(*clear) == []
    worse = (heard(0.0, ORIGINAL, 0.0, 0.7), heard(0.0, CLEANED, 2.0, 0.7))
    assert missed(*noisy, *worse, real_time=0.2) == [
        "SI-SDR gain, short of 3",
        "STOI gain, short of 0.02",
        "real-time factor",
    ]


def test_record_is_json_with_words_where_they_were_counted(tmp_path):
    told = WordScore(words=50, errors=5)
    rows = (heard(5.0, ORIGINAL, 4.0, words=told), heard(5.0, CLEANED, 8.0))
    result = EnhanceResult(limit_db=12.0, heard=rows, real_time=0.05)

    record = json.loads(json.dumps(result.record()))

    assert [row["wer"] for row in record["heard"]] == [10.0, None]
    assert record["limit_db"] == 12.0
    draw_enhance(result, tmp_path / "fig.png")
    assert (tmp_path / "fig.png").read_bytes().startswith(b"\x89PNG")


def test_intelligibility_falls_with_noise():
    rng = np.random.default_rng(1)
    speech = (rng.standard_normal(48_000) * np.repeat(rng.random(60), 800)).astype(np.float32)
    noise = rng.standard_normal(48_000).astype(np.float32)

    clear, noisy = stoi(speech, speech + 0.01 * noise), stoi(speech, speech + 2 * noise)

    assert clear > 0.95 > noisy + 0.2
