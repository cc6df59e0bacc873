"""The whole diarization, in a world where voices are tones."""

from __future__ import annotations

import threading

import pytest

from app.domain.errors import Cancelled
from app.domain.ids import StreamId
from app.domain.session import SpeakerRange
from app.pipeline.offline_diarization import diarize
from tests.fakes.tone_voices import AverageLinkage, ToneEmbedding, ToneSegmentation, speech

pytestmark = pytest.mark.unit

EDGE_S = 0.2


def diarize_streams(streams, speakers=None, **options):
    return diarize(
        streams,
        segmentation=ToneSegmentation(),
        embedding=ToneEmbedding(),
        clustering=AverageLinkage(),
        speakers=speakers or SpeakerRange(),
        **options,
    )


def diarize_mix(samples, speakers=None):
    return diarize_streams({StreamId.MIX: samples}, speakers)


def as_seconds(turns):
    return [(turn.track, turn.span.start_s, turn.span.end_s) for turn in turns]


def assert_turns(turns, *expected):
    found = as_seconds(turns)
    assert [track for track, _, _ in found] == [track for track, _, _ in expected]
    for (_, start_s, end_s), (_, expected_start_s, expected_end_s) in zip(
        found, expected, strict=True
    ):
        assert start_s == pytest.approx(expected_start_s, abs=EDGE_S)
        assert end_s == pytest.approx(expected_end_s, abs=EDGE_S)


def test_people_keep_their_track_over_the_whole_recording():
    samples = speech(40, (0, 1, 8), (1, 9, 15), (2, 16, 22), (0, 23, 30), (1, 31, 39))

    result = diarize_mix(samples)

    assert_turns(
        result.turns[StreamId.MIX],
        ("S1", 1, 8),
        ("S2", 9, 15),
        ("S3", 16, 22),
        ("S1", 23, 30),
        ("S2", 31, 39),
    )
    assert set(result.centroids) == {"S1", "S2", "S3"}


def test_overlapped_speech_gives_two_turns_at_once():
    samples = speech(20, (0, 1, 10), (1, 8, 16))

    result = diarize_mix(samples)

    assert_turns(result.turns[StreamId.MIX], ("S1", 1, 10), ("S2", 8, 16))


def test_a_short_pause_stays_inside_a_turn_and_a_long_one_ends_it():
    samples = speech(20, (0, 1, 5), (0, 5.3, 9), (0, 11, 15))

    result = diarize_mix(samples)

    assert_turns(result.turns[StreamId.MIX], ("S1", 1, 9), ("S1", 11, 15))


def test_one_list_of_people_over_both_streams():
    mic = speech(30, (0, 1, 9), (2, 20, 28))
    system = speech(30, (1, 10, 18))

    result = diarize_streams({StreamId.MIC: mic, StreamId.SYSTEM: system})

    assert_turns(result.turns[StreamId.MIC], ("S1", 1, 9), ("S3", 20, 28))
    assert_turns(result.turns[StreamId.SYSTEM], ("S2", 10, 18))


def test_echo_of_the_system_audio_makes_no_turns_at_the_microphone():
    system = speech(30, (1, 10, 18))
    mic = speech(30, (0, 1, 9), (1, 10.1, 18.1, 0.06), (0, 20, 28))

    result = diarize_streams({StreamId.MIC: mic, StreamId.SYSTEM: system})

    assert_turns(result.turns[StreamId.MIC], ("S1", 1, 9), ("S1", 20, 28))
    assert_turns(result.turns[StreamId.SYSTEM], ("S2", 10, 18))


def test_somebody_who_says_little_is_not_given_to_another():
    samples = speech(40, (0, 0, 20), (1, 20.5, 22), (0, 22.5, 40))

    result = diarize_mix(samples)

    assert_turns(result.turns[StreamId.MIX], ("S1", 0, 20), ("S2", 20.5, 22), ("S1", 22.5, 40))


def test_no_more_people_than_the_range_allows():
    samples = speech(40, (0, 1, 12), (1, 13, 24), (2, 25, 36))

    result = diarize_mix(samples, SpeakerRange(minimum=1, maximum=2))

    assert len(result.centroids) == 2


def test_silence_has_no_turns():
    result = diarize_mix(speech(12))

    assert result.turns == {StreamId.MIX: ()}
    assert result.centroids == {}


@pytest.mark.parametrize("duration_s", [0.2, 1.5, 10.0, 10.5])
def test_any_length_is_covered_to_its_end(duration_s):
    samples = speech(duration_s, (0, 0, duration_s))

    result = diarize_mix(samples)

    for _, start_s, end_s in as_seconds(result.turns[StreamId.MIX]):
        assert start_s == 0.0
        assert duration_s - EDGE_S <= end_s <= duration_s
    assert len(result.turns[StreamId.MIX]) == (duration_s >= 1.0)


def test_an_empty_stream_is_passed_over():
    samples = speech(10, (0, 1, 8))
    empty = speech(0)

    result = diarize_streams({StreamId.MIC: samples, StreamId.SYSTEM: empty})

    assert len(result.turns[StreamId.MIC]) == 1
    assert result.turns[StreamId.SYSTEM] == ()


def test_progress_grows_to_the_whole():
    shares = []

    diarize_streams({StreamId.MIX: speech(30, (0, 1, 29))}, on_progress=shares.append)

    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 3


def test_cancel_stops_the_work():
    cancel = threading.Event()
    cancel.set()

    with pytest.raises(Cancelled):
        diarize_streams({StreamId.MIX: speech(30, (0, 1, 29))}, cancel=cancel)
