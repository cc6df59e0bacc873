"""Where voices are taken apart, whose source is which, and what replaces what."""

import itertools

import numpy as np
import pytest

from app.domain.ids import TrackId
from app.domain.units import SESSION_RATE_HZ, Span
from app.pipeline.attribute import Piece
from app.pipeline.separate import (
    Island,
    blend,
    find_islands,
    once,
    solo_evidence_db,
    solo_spans,
    voice_of,
    weave,
)
from tests.fakes.speech import make_piece, make_word, make_words, texts

pytestmark = pytest.mark.unit

A, B, C = TrackId("S1"), TrackId("S2"), TrackId("S3")
CHUNK = Span.from_seconds(0, 25)
WORDS = make_words("one two three four five six seven eight nine ten", 1.0, step_s=1.0)


def turns(*each):
    return [(Span.from_seconds(start, end), track) for start, end, track in each]


def island(start_s, end_s, *overlaps_s):
    return Island(
        span=Span.from_seconds(start_s, end_s),
        overlaps=tuple(Span.from_seconds(*overlap) for overlap in overlaps_s),
        tracks=(A, B),
    )


def test_island_ends_between_words_outside_of_the_overlap():
    (found,) = find_islands(turns((0, 6, A), (5, 9, B)), WORDS, CHUNK)

    assert found.tracks == (A, B)
    assert found.core == Span.from_seconds(5, 6)
    assert found.span.start < found.core.start
    assert found.span.end > found.core.end
    assert not any(word.span.contains(edge) for word in WORDS for edge in (found.span.start,))
    assert not any(word.span.contains(found.span.end) for word in WORDS)


@pytest.mark.parametrize(
    "talk",
    [
        turns((0, 5, A), (5, 9, B)),
        turns((0, 5.3, A), (5, 9, B)),
        turns((0, 6, A), (5, 6, A)),
        turns((0, 6, A), (5, 9, B), (5, 6, C)),
        turns((0, 24, A), (1, 23, B)),
    ],
    ids=["none", "too short", "one person", "three people", "too long"],
)
def test_there_is_no_island_where_two_sources_do_not_help(talk):
    assert find_islands(talk, WORDS, CHUNK) == ()


def test_close_overlaps_of_the_same_people_are_one_island():
    talk = turns((0, 9, A), (3, 4, B), (5, 6, B), (20, 22, A), (21, 24, B))

    first, second = find_islands(talk, WORDS, CHUNK)

    assert first.overlaps == (Span.from_seconds(3, 4), Span.from_seconds(5, 6))
    assert second.overlaps == (Span.from_seconds(21, 22),)


def test_islands_never_share_a_moment():
    talk = turns((0, 24, A), (2, 4, B), (5, 6, C), (8, 9, B), (9.5, 11, C))

    found = find_islands(talk, WORDS, CHUNK)

    assert len(found) >= 2
    assert all(a.span.end <= b.span.start for a, b in itertools.pairwise(found))
    assert all(each.span.clip(CHUNK) == each.span for each in found)


def test_level_where_one_person_talks_alone_says_whose_source_it_is():
    span = Span.from_seconds(0, 6)
    talk = turns((0, 4, A), (3, 6, B))
    sources = np.full((2, span.length), 0.01, dtype=np.float32)
    sources[0, : 4 * SESSION_RATE_HZ] = 0.1
    sources[1, 4 * SESSION_RATE_HZ :] = 0.1
    both = island(0, 6, (3, 4))

    assert solo_evidence_db(sources, span, talk, both) == pytest.approx(20, abs=0.1)
    assert solo_evidence_db(sources[::-1], span, talk, both) == pytest.approx(-20, abs=0.1)
    assert solo_evidence_db(sources, span, turns((0, 6, A), (0, 6, B)), both) == 0.0


def test_solo_spans_leave_out_every_moment_of_somebody_else():
    talk = turns((0, 4, A), (1, 2, B), (3, 5, C), (6, 8, A), (6.5, 7, B), (7.5, 9, C), (9, 10, A))

    found = [(span.start_s, span.end_s) for span in solo_spans(talk, A)]

    assert found == [(0, 1), (2, 3), (6, 6.5), (7, 7.5), (9, 10)]
    assert solo_spans(talk, B) == []


def test_voice_is_the_mixture_alone_and_the_source_where_somebody_joins_in():
    span = Span.from_seconds(0, 4)
    mixture = np.full(span.length, 2.0, dtype=np.float32)
    source = np.ones(span.length, dtype=np.float32)

    voice = voice_of(mixture, source, span, turns((1, 3, A), (2, 4, B)), A)

    middles = voice[[round(s * SESSION_RATE_HZ) for s in (0.5, 1.5, 2.5, 3.5)]]
    np.testing.assert_allclose(middles, [0, 2, 1, 0], rtol=1e-5)


def test_blend_is_low_for_voices_apart_and_high_for_copies():
    time = np.arange(SESSION_RATE_HZ) / SESSION_RATE_HZ
    low, high = np.sin(2 * np.pi * 300 * time), np.sin(2 * np.pi * 2_000 * time)

    assert blend(np.stack([low, high]).astype(np.float32)) < 0.01
    assert blend(np.stack([low + high, low + high]).astype(np.float32)) == pytest.approx(1)
    assert 0.05 < blend(np.stack([low + high / 3, high + low / 3]).astype(np.float32)) < 0.2
    assert blend(np.zeros((2, 10), dtype=np.float32)) == 1.0


def test_word_of_both_voices_stays_with_the_louder_one():
    first = (make_word("yes", 1.0), make_word("indeed,", 1.5), make_word("so", 3.0))
    second = (make_word("Indeed", 1.6), make_word("yes", 1.1), make_word("so", 5.0))

    one, two = once(first, second, lambda span: span.start_s < 1.2)

    assert texts(one) == "yes so"
    assert texts(two) == "Indeed so"


def test_voices_take_the_place_of_the_plain_words_of_an_island():
    plain = [
        make_piece(A, make_words("well I think that", 1.0)),
        make_piece(B, make_words("mixed up words", 2.6)),
        make_piece(B, make_words("and so on", 4.4)),
    ]
    both = island(2.5, 4.2, (2.8, 3.8))
    said = {A: make_words("we must go", 2.7), B: make_words("no wait please", 2.8)}

    pieces = weave(plain, [both], [said])

    assert [(piece.voice, texts(piece.words)) for piece in pieces] == [
        (A, "well I think that we must go"),
        (B, "no wait please and so on"),
    ]
    one, two = pieces
    assert one.span.overlap(two.span)
    assert one.has_overlap
    assert two.has_overlap


def test_reply_between_two_parts_of_a_speech_divides_it():
    plain = [make_piece(A, make_words("first part", 1.0))]
    both = island(2.0, 4.0, (2.0, 2.5))
    said = {A: make_words("last part", 2.8), B: make_words("yes", 1.9)}

    pieces = weave(plain, [both], [said])

    assert [texts(piece.words) for piece in pieces] == ["first part", "yes", "last part"]
    assert pieces[1] == Piece(voice=B, words=said[B], has_overlap=True)


def test_words_of_nobody_stay():
    plain = [make_piece(None, make_words("hm", 1.0)), make_piece(A, make_words("so", 2.0))]

    assert weave(plain, [], []) == tuple(plain)
