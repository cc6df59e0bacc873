"""Chunks are written side by side, with models that hear a script."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from app.domain.errors import Cancelled
from app.domain.ids import StreamId, TrackId
from app.domain.messages import SpeakerTurn
from app.domain.units import Span
from app.engine.chunk_writer import CHUNKS_AT_ONCE, ChunkWriter
from app.engine.spool_view import SpoolView
from app.pipeline.chunks import Chunk
from tests.fakes.models import FakeAsr, Script
from tests.fakes.speech import texts
from tests.fakes.spools import write_spool

pytestmark = pytest.mark.unit

SYSTEM = StreamId.SYSTEM
WAIT_S = 10
SAID = (
    "I have been over to see her",
    "which will make it still more",
    "a tedious case",
    "so it goes",
)
SCRIPT = Script.of_turns(*((i % 2, 3.0 * i, text) for i, text in enumerate(SAID)))
SPANS = [Span.from_seconds(3.0 * i, 3.0 * i + 2.9) for i in range(len(SAID))]
CHUNKS = [(SYSTEM, Chunk((span,))) for span in SPANS]
TURNS = [
    SpeakerTurn(stream=SYSTEM, span=span, track=TrackId(f"S{1 + i % 2}"))
    for i, span in enumerate(SPANS)
]


def meeting():
    """A call that returns only when two of them run at once."""
    return threading.Barrier(CHUNKS_AT_ONCE, timeout=WAIT_S).wait


class Rescue:
    """Writes nothing anew."""

    def __init__(self, before=lambda: None):
        self.before = before
        self.languages = []

    def rewrite(self, view, chunk, plain, turns, request):
        self.before()
        self.languages.append(request.language)
        return tuple(plain)


@pytest.fixture
def view(tmp_path):
    samples = SCRIPT.samples
    return SpoolView(write_spool(tmp_path / "mix.s16", samples), len(samples))


def write_all(view, *, asr=None, rescue=None, language="en", cancel=None):
    writer = ChunkWriter(asr or FakeAsr(SCRIPT), {SYSTEM: view}, {SYSTEM: TURNS}, rescue)
    yield from writer.write_all(CHUNKS, language, cancel or threading.Event())


def test_each_chunk_says_who_said_what_in_the_time_of_the_session(view):
    written = list(write_all(view))

    assert [w.chunk for w in written] == [chunk for _, chunk in CHUNKS]
    assert [(piece.voice, texts(piece.words)) for w in written for piece in w.pieces] == [
        (turn.track, text) for turn, text in zip(TURNS, SAID, strict=True)
    ]
    words = [word for w in written for piece in w.pieces for word in piece.words]
    assert [word.span for word in words] == [said.span for said in SCRIPT.said]


def test_chunks_are_decoded_side_by_side(view):
    meet = meeting()

    class Slow(FakeAsr):
        def transcribe(self, samples, request):
            meet()
            return super().transcribe(samples, request)

    assert list(write_all(view, asr=Slow(SCRIPT))) == list(write_all(view))


def test_overlaps_are_taken_apart_side_by_side(view):
    rescue = Rescue(before=meeting())

    assert list(write_all(view, rescue=rescue)) == list(write_all(view))
    assert rescue.languages == ["en"] * len(CHUNKS)


def test_chunk_that_takes_long_keeps_its_place(view):
    last_is_done = threading.Event()

    class FirstIsSlow(FakeAsr):
        def transcribe(self, samples, request):
            result = super().transcribe(samples, request)
            if result.words[0].text == SAID[0].split()[0]:
                assert last_is_done.wait(WAIT_S)
            elif result.words[0].text == SAID[2].split()[0]:
                last_is_done.set()
            return result

    assert list(write_all(view, asr=FirstIsSlow(SCRIPT))) == list(write_all(view))


def test_language_of_the_first_words_holds_for_the_rest(view):
    class German(FakeAsr):
        def transcribe(self, samples, request):
            result = super().transcribe(samples, request)
            return replace(result, language=request.language or "de")

    asr, rescue = German(SCRIPT), Rescue()

    written = list(write_all(view, asr=asr, rescue=rescue, language=None))

    assert [request.language for request in asr.requests] == [None, "de", "de", "de"]
    assert {w.language for w in written} == set(rescue.languages) == {"de"}


def test_silent_first_chunk_does_not_choose_the_language(tmp_path):
    samples = SCRIPT.samples.copy()
    samples[SPANS[0].start : SPANS[0].end] = np.float32(0)
    view = SpoolView(write_spool(tmp_path / "mix.s16", samples), len(samples))
    asr = FakeAsr(SCRIPT)

    list(write_all(view, asr=asr, language=None))

    assert [request.language for request in asr.requests] == [None, None, "en", "en"]


def test_stopping_keeps_what_was_given_and_starts_nothing_more(view):
    cancel, asr = threading.Event(), FakeAsr(SCRIPT)
    writing = write_all(view, asr=asr, language=None, cancel=cancel)
    first = next(writing)
    cancel.set()

    with pytest.raises(Cancelled, match="what it had done is kept"):
        next(writing)

    assert first.pieces[0].voice == "S1"
    assert len(asr.requests) <= 1 + CHUNKS_AT_ONCE + 1
    assert not [t for t in threading.enumerate() if t.name.startswith("final-chunk")]
