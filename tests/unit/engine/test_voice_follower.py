import numpy as np
import pytest

from app.domain.ids import StreamId
from app.domain.session import ModelChoice
from app.domain.units import to_samples
from app.engine import voice_follower
from app.engine.voice_follower import EngineVoiceFollower
from tests.fakes.models import FakeModels, Script

pytestmark = pytest.mark.unit

TWO = Script.of_turns((0, 0.5, "word " * 12), (1, 6.0, "word " * 12), (0, 11.5, "word " * 12))


def follow(script=TWO, *, label_delay_s=1.0, streams=(StreamId.MIX,)):
    follower = EngineVoiceFollower(FakeModels(script), ModelChoice())
    return follower.follow(
        {stream: script.samples for stream in streams},
        label_delay_s=label_delay_s,
        has_continuity=True,
        is_echo_handled=False,
    )


def heard_at(turns, seconds):
    at = to_samples(seconds)
    return [turn.track for turn in turns if turn.span.start <= at < turn.span.end]


def test_people_are_told_apart_and_known_again():
    trail = follow()

    assert heard_at(trail.settled, 3.0) == heard_at(trail.settled, 13.0) == ["S1"]
    assert heard_at(trail.settled, 8.0) == ["S2"]


def test_what_is_shown_is_what_was_known_by_then():
    trail = follow()

    assert heard_at(trail.shown, 0.6) == [None]
    assert heard_at(trail.settled, 0.6) == ["S1"]
    assert [t.span for t in trail.shown] == [t.span for t in trail.settled]


def test_a_longer_delay_shows_more():
    def known_s(trail):
        return sum(t.span.duration_s for t in trail.shown if t.track is not None)

    assert known_s(follow(label_delay_s=3.0)) > known_s(follow(label_delay_s=1.0))


def test_two_streams_have_one_list_of_people():
    trail = follow(streams=(StreamId.MIC, StreamId.SYSTEM))

    assert {t.track for t in trail.settled if t.track} == {"S1", "S2"}
    assert {t.stream for t in trail.settled} == {StreamId.MIC, StreamId.SYSTEM}


def test_silence_shows_nobody():
    silence = Script.of_turns()
    silence.samples = np.zeros(to_samples(5.0), dtype=np.float32)

    assert follow(silence).shown == ()


def test_the_follower_opens_with_the_models_of_a_default_session(tmp_path, monkeypatch):
    monkeypatch.setattr(voice_follower, "LoadedModels", lambda folder: FakeModels(TWO))

    trail = voice_follower.open_voice_follower(tmp_path).follow(
        {StreamId.MIX: TWO.samples}, label_delay_s=1.0, has_continuity=False, is_echo_handled=True
    )

    assert heard_at(trail.settled, 8.0) == ["S2"]
