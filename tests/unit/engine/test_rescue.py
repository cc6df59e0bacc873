"""Overlaps become two voices, with models that hear a script."""

import numpy as np
import pytest

from app.domain.ids import TrackId
from app.domain.messages import Word
from app.domain.ports import AsrRequest, AsrResult
from app.domain.session import ModelChoice
from app.domain.units import SESSION_RATE_HZ, Span
from app.engine.confidence import ConfidenceCurve
from app.engine.rescue import Apart, OverlapRescue, says_more
from app.engine.spool_view import SpoolView
from app.pipeline.attribute import attribute, turn_shares
from app.pipeline.chunks import Chunk
from app.pipeline.separate import Island
from tests.fakes.models import FakeModels, FakeRefiner, FakeSeparation, Script
from tests.fakes.speech import make_piece, make_words, texts
from tests.fakes.spools import write_spool

pytestmark = pytest.mark.unit

A, B = TrackId("S1"), TrackId("S2")
FIRST = "I have been over to see her and she tells me that all is done"
SECOND = "which will make it still more difficult my friend and so it goes"
SCRIPT = Script.of_turns((0, 1.0, FIRST), (1, 4.7, SECOND))
TURNS = [(Span.from_seconds(1.0, 6.25), A), (Span.from_seconds(4.7, 9.25), B)]
CENTROIDS = {A: np.eye(8, dtype=np.float32)[0], B: np.eye(8, dtype=np.float32)[1]}
REQUEST = AsrRequest(beam_size=5, wants_full_context=True)
CURVE = ConfidenceCurve(slope=0.5)


@pytest.fixture(autouse=True)
def hard_cuts(monkeypatch):
    """Scripted samples say which word is spoken: faded ones would say another."""
    monkeypatch.setattr("app.pipeline.separate.FADE_S", 0.0)


class Rescued:
    """One chunk before and after."""

    def __init__(self, tmp_path, *, separation=None, centroids=CENTROIDS, is_careful=False):
        models = FakeModels(SCRIPT)
        self.separation = separation or FakeSeparation(SCRIPT)
        self.asr = models.final
        view = SpoolView(write_spool(tmp_path / "mix.s16", SCRIPT.samples), len(SCRIPT.samples))
        chunk = Chunk((Span(0, len(SCRIPT.samples)),))
        words = self.asr.transcribe(chunk.audio(view.read), REQUEST).words
        self.plain = attribute(words, turn_shares(TURNS, words))
        rescue = OverlapRescue(
            self.separation,
            models.embedding(""),
            self.asr,
            centroids,
            is_careful=is_careful,
            confidence=CURVE,
        )
        self.pieces = rescue.rewrite(view, chunk, self.plain, TURNS, REQUEST)

    @property
    def said(self):
        return [(piece.voice, texts(piece.words)) for piece in self.pieces]


class Blind:
    """A network that has learned nothing."""

    def separate(self, samples):
        return np.stack([samples, samples])


class ThreeVoices(FakeSeparation):
    """A network that always gives a third, faint source."""

    def separate(self, samples):
        return np.concatenate([0.001 * samples[None], super().separate(samples)])


def test_both_texts_of_an_overlap_are_whole(tmp_path):
    done = Rescued(tmp_path)

    assert "~" in " ".join(texts(piece.words) for piece in done.plain)
    assert done.said == [(A, FIRST), (B, SECOND)]
    assert all(piece.has_overlap for piece in done.pieces)
    first, second = done.pieces
    assert first.span.overlap(second.span) > 0


@pytest.mark.parametrize("centroids", [CENTROIDS, {}], ids=["by voice", "by level"])
def test_sources_are_given_to_their_people_whatever_their_order(tmp_path, centroids):
    class Turned(FakeSeparation):
        def separate(self, samples):
            return super().separate(samples)[::-1]

    for separation in (FakeSeparation(SCRIPT), Turned(SCRIPT)):
        assert Rescued(tmp_path, separation=separation, centroids=centroids).said == [
            (A, FIRST),
            (B, SECOND),
        ]


def test_voices_are_decoded_with_short_input_and_a_narrow_beam(tmp_path):
    _, *of_voices = Rescued(tmp_path).asr.requests

    assert len(of_voices) == 2
    assert {(r.wants_full_context, r.beam_size) for r in of_voices} == {(False, 1)}


def test_words_of_voices_get_the_curve_of_their_decoder_and_plain_words_keep_theirs(tmp_path):
    done = Rescued(tmp_path)

    before = {word.probability for piece in done.plain for word in piece.words}
    after = {word.probability for piece in done.pieces for word in piece.words}
    assert after - before == {CURVE(probability) for probability in before}


def test_two_loudest_of_more_sources_are_taken(tmp_path):
    assert Rescued(tmp_path, separation=ThreeVoices(SCRIPT)).said == [(A, FIRST), (B, SECOND)]


def test_plain_text_stays_where_nothing_says_whose_source_is_which(tmp_path):
    done = Rescued(tmp_path, separation=Blind())

    assert done.pieces == done.plain
    assert len(done.asr.requests) == 1


def test_plain_text_stays_where_the_sources_are_alike(tmp_path):
    """The scripted words are constants, so all of their energy is in one bin."""
    done = Rescued(tmp_path, is_careful=True)

    assert done.separation.lengths
    assert done.pieces == done.plain


def test_only_the_overlap_and_its_surroundings_are_separated(tmp_path):
    done = Rescued(tmp_path)

    (length,) = done.separation.lengths
    assert length < 0.9 * len(SCRIPT.samples)


@pytest.mark.parametrize(
    ("solo_db", "blend", "is_sure"),
    [(12.0, 0.1, True), (2.0, 0.1, False), (12.0, 0.5, False), (0.0, 1.0, False)],
)
def test_voices_are_sure_where_they_are_apart_alone_and_together(solo_db, blend, is_sure):
    island = Island(span=Span(0, 9), overlaps=(Span(3, 5),), tracks=(A, B))

    apart = Apart(island=island, voices={}, pairing=1.0, solo_db=solo_db, blend=blend)

    assert apart.is_sure is is_sure


@pytest.mark.parametrize(
    ("voices", "plain", "is_more"),
    [
        ((0.8, 0.8, 0.4), (0.9, 0.9), True),
        ((0.8, 0.8), (0.9, 0.9), False),
        ((0.3, 0.3, 0.3), (0.9, 0.9), False),
        ((None, None), (0.9,), True),
        ((), (), True),
    ],
)
def test_voices_say_more_where_more_words_are_right_to_be_expected(voices, plain, is_more):
    island = Island(span=Span(0, 100), overlaps=(Span(30, 50),), tracks=(A, B))

    def words(probabilities):
        return [
            Word(text="so", span=Span(10 * n, 10 * n + 9), probability=probability)
            for n, probability in enumerate(probabilities)
        ]

    outside = Word(text="far", span=Span(100, 200), probability=1.0)
    said = {A: words(voices[:1]), B: words(voices[1:])}
    assert says_more(said, [*words(plain), outside], island) is is_more


def test_plain_text_stays_where_the_voices_say_less(tmp_path):
    """Nothing is understood of either voice."""
    _, plain, careful = notes(tmp_path)
    _, _, anyway = notes(tmp_path, is_careful=False)

    assert careful == plain
    assert sum(len(piece.words) for piece in anyway) < len(plain[0].words)


def notes_heard(tmp_path, refiner=None):
    """What is decoded of the voices."""
    return notes(tmp_path, refiner=refiner)[0]


def notes(tmp_path, *, refiner=None, is_careful=True):
    """Two notes with pauses, one of which falls into the other: what is decoded of them, the plain
    text and what is made of it."""
    time = np.arange(16 * SESSION_RATE_HZ) / SESSION_RATE_HZ
    low, high = (0.1 * np.sin(2 * np.pi * hertz * time) for hertz in (300, 2_000))
    low[8 * SESSION_RATE_HZ :] = 0
    high[: 6 * SESSION_RATE_HZ] = 0
    mixture = (low + high).astype(np.float32)
    view = SpoolView(write_spool(tmp_path / "mix.s16", mixture), len(mixture))
    turns = [(Span.from_seconds(0, 8), A), (Span.from_seconds(6, 16), B)]
    heard = []

    class Listening:
        def transcribe(self, samples, request):
            heard.append(samples)
            return AsrResult(words=(), language="en")

    models = FakeModels(SCRIPT)
    rescue = OverlapRescue(
        None, models.embedding(""), Listening(), {}, refiner=refiner, is_careful=is_careful
    )
    plain = (make_piece(A, make_words("la la la la la la la la", 0.2, step_s=1.0)),)
    pieces = rescue.rewrite(view, Chunk((Span(0, len(mixture)),)), plain, turns, REQUEST)
    return heard, plain, pieces


def test_voices_are_taken_apart_by_what_they_sound_like_alone(tmp_path):
    heard = notes_heard(tmp_path)

    own, other = (np.abs(np.fft.rfft(voice)) for voice in heard)
    bins = [[round(hertz * len(v) / SESSION_RATE_HZ) for hertz in (300, 2_000)] for v in heard]
    assert own[bins[0][0]] > 5 * own[bins[0][1]]
    assert other[bins[1][1]] > 5 * other[bins[1][0]]


def test_voices_apart_are_made_better_before_they_are_decoded(tmp_path):
    refiner = FakeRefiner(gain=3.0)
    plain, better = notes_heard(tmp_path), notes_heard(tmp_path, refiner)

    ((mixture, estimates),) = refiner.heard
    np.testing.assert_allclose(estimates.sum(axis=0), mixture, atol=1e-3)
    for one, other in zip(plain, better, strict=True):
        both = np.abs(other) > 1.5 * np.abs(one) + 1e-3
        assert both.sum() > SESSION_RATE_HZ  # 2 s of overlap, less fades and zeros


def test_words_do_not_reach_into_the_silence_around_a_voice():
    island = Island(span=Span(100, 200), overlaps=(Span(140, 160),), tracks=(A, B))
    voices = {track: np.zeros(100, dtype=np.float32) for track in (A, B)}
    voices[A][30:50] = 0.1

    class Stretching:
        def transcribe(self, samples, request):
            spans = (Span(0, 40), Span(40, 90), Span(90, 100)) if samples.any() else ()
            words = tuple(Word(text=str(n), span=span) for n, span in enumerate(spans))
            return AsrResult(words=words, language="en")

    rescue = OverlapRescue(None, FakeModels(SCRIPT).embedding(""), Stretching(), {})
    apart = Apart(island=island, voices=voices, pairing=1.0, solo_db=12.0, blend=0.1)
    (said,) = rescue.decode([apart], REQUEST)

    assert [word.span for word in said[A]] == [Span(130, 140), Span(140, 150), Span(190, 200)]


def test_plain_text_stays_where_a_voice_is_never_heard_alone(tmp_path):
    view = SpoolView(write_spool(tmp_path / "mix.s16", SCRIPT.samples), len(SCRIPT.samples))
    models = FakeModels(SCRIPT)
    rescue = OverlapRescue(None, models.embedding(""), models.final, CENTROIDS, is_careful=False)
    turns = [(Span.from_seconds(1.0, 9.25), A), (Span.from_seconds(4.7, 6.0), B)]
    plain = (make_piece(A, make_words("one two", 1.0)),)

    chunk = Chunk((Span(0, len(SCRIPT.samples)),))
    assert rescue.rewrite(view, chunk, plain, turns, REQUEST) == plain
    assert models.final.requests == []


def test_rescue_is_made_only_where_it_is_chosen():
    models = FakeModels(SCRIPT)

    def rescue_of(separation):
        choice = ModelChoice(separation=separation)
        return OverlapRescue.of_choice(choice, models, models.final, CENTROIDS)

    assert rescue_of(None) is None
    assert rescue_of("auto") is not None


@pytest.mark.parametrize(
    ("choice", "refiner"),
    [
        (ModelChoice(), "voice-refiner"),
        (ModelChoice(separation="auto", refiner="voice-refiner"), "voice-refiner"),
        (ModelChoice(separation="on", refiner="voice-refiner"), "voice-refiner"),
        (ModelChoice(separation="auto", refiner=None), None),
        (ModelChoice(separation="two-voices", refiner="voice-refiner"), None),
        (ModelChoice(separation=None, refiner="voice-refiner"), None),
    ],
)
def test_refiner_works_on_voices_without_a_network_only(choice, refiner):
    asked = []

    class Models(FakeModels):
        def refiner(self, name, *, threads=2):
            asked.append(name)
            return FakeRefiner()

    models = Models(SCRIPT)
    OverlapRescue.of_choice(choice, models, models.final, CENTROIDS)

    assert asked == ([] if refiner is None else [refiner])
