"""Packing loses no speech, and words come back in order to where they were said."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.units import SESSION_RATE_HZ, Span
from app.pipeline.chunks import MAX_CHUNK_S, Chunk, pack

pytestmark = pytest.mark.property

speech = st.lists(st.tuples(st.floats(0.0, 20.0), st.floats(0.0, 27.0)), min_size=0, max_size=25)


def to_spans(pairs: list[tuple[float, float]]) -> list[Span]:
    """(pause, length) in seconds → spans in order."""
    spans = []
    position = 0.0
    for pause_s, length_s in pairs:
        spans.append(Span.from_seconds(position + pause_s, position + pause_s + length_s))
        position += pause_s + length_s
    return spans


@given(speech)
def test_chunks_hold_all_speech_in_order_and_fit_the_decoder(pairs):
    spans = to_spans(pairs)

    chunks = pack(spans)

    pieces = [piece for chunk in chunks for piece in chunk.pieces]
    assert all(a.end <= b.start for a, b in itertools.pairwise(pieces))
    assert all(chunk.length <= MAX_CHUNK_S * SESSION_RATE_HZ for chunk in chunks)
    for span in spans:
        if span.length:
            assert any(p.start <= span.start and span.end <= p.end for p in pieces)


@given(speech)
def test_neighbours_are_packed_together_while_they_fit(pairs):
    chunks = pack(to_spans(pairs))

    for one, two in itertools.pairwise(chunks):
        gap = two.pieces[0].start - one.pieces[-1].end
        first = min(s for s in to_spans(pairs) if s.start >= two.span.start and s.length)
        length = one.length + min(gap, SESSION_RATE_HZ) + first.length
        assert length > MAX_CHUNK_S * SESSION_RATE_HZ


chunk_pieces = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 40)), min_size=1, max_size=6)


def to_chunk(pairs: list[tuple[int, int]]) -> Chunk:
    pieces = []
    position = 0
    for gap, length in pairs:
        pieces.append(Span(position + gap, position + gap + length))
        position += gap + length
    return Chunk(tuple(pieces))


def session_samples(chunk: Chunk) -> list[int]:
    """The session sample of every sample that the decoder hears."""
    return [i for piece in chunk.pieces for i in range(piece.start, piece.end)]


@given(chunk_pieces, st.data())
def test_a_span_keeps_the_samples_of_the_piece_that_holds_most_of_it(pairs, data):
    chunk = to_chunk(pairs)
    start = data.draw(st.integers(0, chunk.length - 1))
    end = data.draw(st.integers(start + 1, chunk.length))

    placed = chunk.to_session(Span(start, end))

    heard = session_samples(chunk)[start:end]
    shares = [[i for i in heard if piece.contains(i)] for piece in chunk.pieces]
    best = max(shares, key=len)
    assert len(best) == max(map(len, shares))
    assert any(
        placed == Span(share[0], share[-1] + 1) for share in shares if len(share) == len(best)
    )


@given(chunk_pieces, st.data())
def test_words_stay_in_order_and_inside(pairs, data):
    chunk = to_chunk(pairs)
    edges = sorted(data.draw(st.lists(st.integers(0, chunk.length + 5), min_size=2, max_size=12)))

    placed = [chunk.to_session(Span(a, b)) for a, b in itertools.pairwise(edges)]

    assert all(any(p.start <= s.start and s.end <= p.end for p in chunk.pieces) for s in placed)
    assert [s.middle for s in placed] == sorted(s.middle for s in placed)
