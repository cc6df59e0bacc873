"""One person of an overlap, for ears."""

import numpy as np
import pytest

from app.domain.ids import TrackId
from app.domain.units import SESSION_RATE_HZ, Span
from app.pipeline import exemplars
from app.pipeline.solo import alone, solo
from tests.unit.pipeline.test_exemplars import HIGH, LOW, chord

pytestmark = pytest.mark.unit

A, B = TrackId("S1"), TrackId("S2")
RATE = SESSION_RATE_HZ
TURNS = [
    (Span.from_seconds(0, 8), A),
    (Span.from_seconds(8, 16), B),
    (Span.from_seconds(16, 19), A),
    (Span.from_seconds(17, 20), B),
]


@pytest.fixture
def voices():
    """What each of both says, float32 (2, n)."""
    sound = {A: chord(20, *LOW), B: 0.5 * chord(20, *HIGH)}
    return np.stack(
        [
            sound[track]
            * np.any([_inside(span, 20) for span, who in TURNS if who == track], axis=0)
            for track in (A, B)
        ]
    ).astype(np.float32)


def _inside(span, seconds):
    at = np.arange(seconds * RATE)
    return (at >= span.start) & (at < span.end)


def reader(samples):
    return lambda start, end: samples[max(0, start) : end]


def test_other_voice_is_gone_from_an_overlap(voices):
    line = Span.from_seconds(16, 19)

    heard = solo(reader(voices.sum(axis=0)), line, A, TURNS)

    assert (heard.shape, heard.dtype) == ((line.length,), np.float32)
    wanted, other = voices[:, line.start : line.end]
    assert np.corrcoef(heard, wanted)[0, 1] > 0.97
    assert abs(np.corrcoef(heard, other)[0, 1]) < 0.1


def test_line_without_company_is_the_recording_itself(voices):
    mixture = voices.sum(axis=0)
    line = Span.from_seconds(2, 6)

    np.testing.assert_array_equal(
        solo(reader(mixture), line, A, TURNS), mixture[line.start : line.end]
    )


def test_person_is_silent_where_only_the_other_talks(voices):
    heard = solo(reader(voices.sum(axis=0)), Span.from_seconds(16, 20), A, TURNS)

    assert not heard[-RATE // 2 :].any()


def test_voice_that_is_never_alone_cannot_be_told_apart(voices):
    turns = [*TURNS[1:], (Span.from_seconds(8, 16), A)]

    assert solo(reader(voices.sum(axis=0)), Span.from_seconds(16, 19), A, sorted(turns)) is None


def test_only_as_much_is_heard_as_there_is_to_learn(monkeypatch):
    monkeypatch.setattr(exemplars, "LEARN_S", 2.0)
    samples = np.arange(10 * RATE, dtype=np.float32)
    spans = [Span.from_seconds(0, 1), Span.from_seconds(5, 8)]

    heard = alone(reader(samples), spans)

    np.testing.assert_array_equal(heard, samples[5 * RATE : 7 * RATE])
    assert len(alone(reader(samples), [])) == 0
