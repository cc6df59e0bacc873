from __future__ import annotations

import numpy as np
import pytest

from app.domain.errors import KnownError
from app.domain.session import EmbedJob
from app.engine.embed import MAX_SPEECH_S, embed_clips
from tests.fakes.models import FakeModels, Script
from tests.fakes.spools import write_spool

pytestmark = pytest.mark.unit

RATE = 16_000


@pytest.fixture
def embed(tmp_path):
    """Embed a script's audio, each turn being (speaker, start in seconds, count of 1 s words)."""

    def make(*turns, checks_voice=True):
        script = Script.of_turns(*((who, at, "word " * n) for who, at, n in turns), word_s=1.0)
        path = tmp_path / "clip.s16"
        path.write_bytes(np.rint(script.samples * 32_768).astype("<i2").tobytes())
        job = EmbedJob(models_dir=tmp_path, clips=(path,), checks_voice=checks_voice)
        (found,) = embed_clips(job, FakeModels(script))
        return found

    return make


def test_only_speech_is_embedded_and_counted(embed):
    found = embed((1, 2.0, 6), (1, 12.0, 4))

    assert found.speech_s == pytest.approx(10.0, abs=1.5)
    assert found.vector[1] == pytest.approx(1.0)
    assert found.end_sample == pytest.approx(16.25 * RATE, abs=RATE / 2)
    assert found.quality.speech_s == found.speech_s


def test_one_voice_is_alike_all_over_and_two_are_not(embed):
    one, two = embed((1, 0.0, 10)), embed((1, 0.0, 5), (2, 5.0, 5))

    assert one.quality.likeness == pytest.approx(1.0, abs=1e-3)
    assert two.quality.likeness < 0.2


def test_stretches_are_not_compared_unless_asked_or_when_too_short(embed):
    assert embed((1, 0.0, 10), checks_voice=False).quality.likeness is None
    assert embed((1, 0.0, 3)).quality.likeness is None


def test_speech_beyond_the_limit_is_left_out(embed):
    found = embed((1, 0.0, 50))

    assert found.speech_s == pytest.approx(MAX_SPEECH_S)
    assert found.end_sample == pytest.approx(MAX_SPEECH_S * RATE, abs=RATE)
    assert found.quality.speech_s > MAX_SPEECH_S + 5


def test_each_clip_gives_the_vector_of_its_voice(tmp_path):
    script = Script.of_turns((2, 0.5, "one two three four"), (3, 5.0, "seven eight nine ten"))
    clips = (script.samples[:64_000], script.samples[64_000:])
    paths = tuple(write_spool(tmp_path / f"{i}.s16", clip) for i, clip in enumerate(clips))

    found = embed_clips(EmbedJob(models_dir=tmp_path, clips=paths), FakeModels(script))

    assert [int(np.argmax(clip.vector)) for clip in found] == [2, 3]
    assert [np.linalg.norm(clip.vector) for clip in found] == pytest.approx([1.0, 1.0])
    assert {clip.model_id for clip in found} == {"campplus-zh-en"}


def test_a_clip_that_ends_in_speech_is_used_to_the_end(tmp_path):
    script = Script.of_turns((2, 0.5, "one two three four five six seven"))
    path = write_spool(tmp_path / "0.s16", script.samples[8_000 : 8_000 + 2 * 16_000])

    (clip,) = embed_clips(EmbedJob(models_dir=tmp_path, clips=(path,)), FakeModels(script))

    assert clip.speech_s == pytest.approx(2.0, abs=0.04)
    assert clip.end_sample == pytest.approx(2 * RATE, abs=512)


def test_a_job_can_ask_for_less_speech(tmp_path):
    script = Script.of_turns((1, 0.0, "word " * 10), word_s=1.0)
    path = write_spool(tmp_path / "0.s16", script.samples)
    job = EmbedJob(models_dir=tmp_path, clips=(path,), max_speech_s=3.0)

    (clip,) = embed_clips(job, FakeModels(script))

    assert clip.speech_s == 3.0
    assert clip.quality.speech_s > 9


def test_a_clip_without_speech_is_refused(tmp_path):
    path = tmp_path / "clip.s16"
    path.write_bytes(bytes(2 * 5 * RATE))

    with pytest.raises(KnownError, match=r"0\.0 s of speech"):
        embed_clips(EmbedJob(models_dir=tmp_path, clips=(path,)), FakeModels(Script()))


def test_a_clip_without_speech_has_no_vector_where_that_is_allowed(tmp_path):
    script = Script.of_turns((1, 0.0, "word " * 4), word_s=1.0)
    clips = [write_spool(tmp_path / "a.s16", script.samples)]
    clips.append(write_spool(tmp_path / "b.s16", np.zeros(2 * RATE, dtype=np.float32)))
    job = EmbedJob(models_dir=tmp_path, clips=tuple(clips), allows_silence=True)

    first, second = embed_clips(job, FakeModels(script))

    assert first.vector
    assert second.vector == ()
    assert second.speech_s < 1.0
