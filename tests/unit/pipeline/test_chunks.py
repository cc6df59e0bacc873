"""Packing of speech and the way back to the session's time line."""

import numpy as np
import pytest

from app.domain.messages import Word
from app.domain.ports import AsrResult, Reading
from app.domain.units import Span
from app.pipeline.chunks import Chunk, pack

pytestmark = pytest.mark.unit


def seconds(*pairs):
    return [Span.from_seconds(a, b) for a, b in pairs]


def test_neighbours_share_a_chunk_with_their_short_pause():
    assert pack(seconds((1, 5), (5.5, 9))) == [Chunk(tuple(seconds((1, 9))))]


def test_long_pause_is_shortened_to_half_a_second_on_each_side():
    assert pack(seconds((1, 5), (15, 20))) == [Chunk(tuple(seconds((1, 5.5), (14.5, 20))))]


def test_full_chunk_starts_the_next():
    chunks = pack(seconds((0, 15), (16, 27), (27.5, 30)))

    assert [chunk.span for chunk in chunks] == seconds((0, 27), (27.5, 30))


def test_shortened_pause_counts():
    chunks = pack(seconds((0, 14), (20, 33.5)))

    assert len(chunks) == 2
    assert len(pack(seconds((0, 14), (20, 33)))) == 1


def test_stretch_above_the_limit_is_a_chunk_of_its_own():
    chunks = pack(seconds((0, 1), (1.5, 31), (31.5, 32)))

    assert [chunk.span for chunk in chunks] == seconds((0, 1), (1.5, 31), (31.5, 32))


def test_empty_stretches_are_left_out():
    assert pack(seconds((3, 3))) == []
    assert pack([]) == []


def test_audio_joins_the_pieces():
    chunk = Chunk((Span(2, 4), Span(10, 13)))

    audio = chunk.audio(lambda start, end: np.arange(start, end, dtype=np.float32))

    assert audio.tolist() == [2, 3, 10, 11, 12]
    assert chunk.length == 5


def test_words_and_their_readings_are_placed_in_the_session():
    word = Word(text="a", span=Span(110, 120))
    reading = Reading(words=(word,), text="b", score=-1.0)

    placed = TWO.place(AsrResult(words=(word,), language="en", readings=(reading,)))

    assert [w.span for w in placed.words] == [Span(1010, 1020)]
    assert placed.readings[0].words == placed.words


TWO = Chunk((Span(100, 200), Span(1000, 1100)))


@pytest.mark.parametrize(
    ("decoder", "session"),
    [
        (Span(0, 10), Span(100, 110)),
        (Span(90, 100), Span(190, 200)),
        (Span(100, 110), Span(1000, 1010)),
        (Span(95, 120), Span(1000, 1020)),
        (Span(70, 110), Span(170, 200)),
        (Span(190, 230), Span(1090, 1100)),
        (Span(30, 30), Span(130, 130)),
        (Span(150, 150), Span(1050, 1050)),
        (Span(200, 200), Span(1100, 1100)),
        (Span(220, 240), Span(1100, 1100)),
    ],
)
def test_decoder_time_is_mapped_to_the_piece_that_holds_most(decoder, session):
    assert TWO.to_session(decoder) == session
