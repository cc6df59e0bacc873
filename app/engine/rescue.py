"""Overlap rescue: two people at once become two texts, where that is better than one.

Only overlaps found by the diarizer are separated, with a little context, and each voice is decoded
by itself. Where the evidence is weak the plain text stays.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.domain.ids import StreamId, TrackId
from app.domain.messages import Float32Array, Word
from app.domain.ports import (
    AsrModel,
    AsrRequest,
    EmbeddingModel,
    SeparationModel,
    VoiceRefiner,
)
from app.domain.session import SEPARATION_ON, ModelChoice
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.engine.confidence import LIVE, ConfidenceCurve, curve_of
from app.engine.models import LoadedModels
from app.engine.spool_view import SpoolView
from app.pipeline import exemplars
from app.pipeline.attribute import Piece
from app.pipeline.chunks import Chunk
from app.pipeline.separate import (
    CONTEXT_S,
    Island,
    Turns,
    blend,
    find_islands,
    once,
    solo_evidence_db,
    solo_spans,
    voice_of,
    weave,
)
from app.pipeline.solo import Read, alone

Learned = Callable[[TrackId], "Float32Array | None"]
"""What a person sounds like alone, from `exemplars.learn`; None for too little of it."""

log = logging.getLogger(__name__)

SOLO_WEIGHT = 1 / 20
"""20 dB of level difference in solo speech count as much as a cosine of 1."""
MIN_PAIRING = 0.15
"""Less evidence for whose source is which, and the plain text stays."""
MIN_SOLO_DB = 6.0
"""Where one person talks alone, the other's source has to be this much lower."""
CENTROID_S = 20.0
"""Of speech alone, where a voice is to be known that no diarization has just heard."""
MAX_BLEND = 0.4
"""Where both talk, sources that are more alike than this are not apart.

Both limits are measured, docs/measurements.md: sources that leak at 12 dB pass and take a
third of the errors away, what a network at the beginning of its training gives does not pass.
"""
BEAM_SIZE = 1
"""With input as short as the voices, a wider beam wrote no better words (docs/measurements.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """An island whose voices were taken apart.

    Attributes:
        voices: Per person, float32 (n,) over the island's span.
        pairing: Evidence for whose source is which; >= 0.
        solo_db: How much lower the other's source is where one person talks alone.
        blend: How much the sources are alike where both talk, in [0, 1].
    """

    island: Island
    voices: Mapping[TrackId, Float32Array]
    pairing: float
    solo_db: float
    blend: float

    @property
    def is_sure(self) -> bool:
        """Whether the voices are so far apart that their text is better than the plain one."""
        return self.solo_db >= MIN_SOLO_DB and self.blend <= MAX_BLEND


class OverlapRescue:
    """Writes overlaps anew; made once per pass, used by several threads.

    Args:
        separation: None takes apart by what the voices sound like alone in this recording.
        centroids: The voices of the people, unit length.
        is_careful: Leave the plain text where the voices are not surely apart.
        learn_from: Per view that is written, a longer one in which voices are heard alone.
        refiner: Makes voices better that were taken apart without a network.
        confidence: Makes the probabilities of the words honest that it writes.
    """

    def __init__(
        self,
        separation: SeparationModel | None,
        embedding: EmbeddingModel,
        asr: AsrModel,
        centroids: Mapping[TrackId, Float32Array],
        *,
        is_careful: bool = True,
        learn_from: Mapping[SpoolView, SpoolView] | None = None,
        refiner: VoiceRefiner | None = None,
        confidence: ConfidenceCurve | None = None,
    ) -> None:
        self._confidence = confidence or ConfidenceCurve()
        self._learn_from = learn_from or {}
        self._separation = separation
        self._embedding = embedding
        self._asr = asr
        self._centroids = centroids
        self._is_careful = is_careful
        self._refiner = refiner
        self._learning = threading.Lock()
        self._learned: dict[tuple[SpoolView, TrackId], Float32Array | None] = {}

    @classmethod
    def of_choice(
        cls,
        choice: ModelChoice,
        models: LoadedModels,
        asr: AsrModel,
        centroids: Mapping[TrackId, Float32Array],
        *,
        learn_from: Mapping[SpoolView, SpoolView] | None = None,
    ) -> OverlapRescue | None:
        """The rescue that the user chose; None for none.

        Args:
            asr: Decodes the voices; the one that decoded the mixture.
            centroids: The voices of the people, unit length.
            learn_from: See the class.

        Raises:
            KnownError: Weights are missing.
        """
        if choice.separation is None:
            return None
        name, refiner = choice.separation_network, choice.voice_refiner
        return cls(
            None if name is None else models.separation(name),
            models.embedding(choice.embedding, threads=2),
            asr,
            centroids,
            is_careful=choice.separation != SEPARATION_ON,
            learn_from=learn_from,
            refiner=None if refiner is None else models.refiner(refiner, threads=1),
            confidence=curve_of(choice.asr_final, LIVE),
        )

    def rewrite(
        self,
        view: SpoolView,
        chunk: Chunk,
        plain: Sequence[Piece[TrackId]],
        turns: Turns,
        request: AsrRequest,
    ) -> tuple[Piece[TrackId], ...]:
        """The pieces of a chunk, with the overlaps of two people as two voices.

        Args:
            plain: What one decode of the mixture gave; its probabilities stay as they are.
            turns: Of this stream.
            request: How the chunk was decoded.
        """
        words = sorted((word for piece in plain for word in piece.words), key=lambda w: w.span)
        near = [turn for turn in turns if turn[0].overlap(chunk.span)]
        found = find_islands(near, words, chunk.span)
        if not found:
            return tuple(plain)

        def learned(track: TrackId) -> Float32Array | None:
            return self._learn(view, track, turns)

        apart = [
            self.take_apart(island, view.read, len(view), near, learned=learned) for island in found
        ]
        kept = [each for each in apart if each is not None and self.accepts(each)]
        said = self.decode(kept, request) if kept else []
        better = [
            (each.island, voices)
            for each, voices in zip(kept, said, strict=True)
            if self.prefers(voices, words, each.island)
        ]
        log.info("%s overlaps found, %s written anew", len(apart), len(better))
        if not better:
            return tuple(plain)
        return weave(plain, [island for island, _ in better], [voices for _, voices in better])

    def accepts(self, apart: Apart) -> bool:
        """Whether the text of the voices may take the place of the plain one."""
        return apart.pairing >= MIN_PAIRING and (apart.is_sure or not self._is_careful)

    def prefers(
        self, voices: Mapping[TrackId, Sequence[Word]], plain: Sequence[Word], island: Island
    ) -> bool:
        """Whether the words of the voices may take the place of those of the plain text."""
        return not self._is_careful or says_more(voices, plain, island)

    def take_apart(
        self, island: Island, read: Read, end: int, near: Turns, *, learned: Learned
    ) -> Apart | None:
        """The voices of an island; None where too little is known about one of them.

        Args:
            end: Samples that can be read.
            near: The turns around the island, of its stream.
        """
        span = context_of(island, end)
        mixture = read(span.start, span.end)
        if self._separation is not None:
            sources = self._separation.separate(mixture)
            # A network of more voices than two: the two loudest.
            sources = sources[np.sort(np.argsort((sources**2).sum(axis=1))[-2:])]
        else:
            known = [learned(track) for track in island.tracks]
            voices_alone = [voice for voice in known if voice is not None]
            if len(voices_alone) < len(known):
                return None
            sources = exemplars.take_apart(mixture, voices_alone, self._refiner)
        solo_db = solo_evidence_db(sources, span, near, island)
        evidence = SOLO_WEIGHT * solo_db + self._likeness(sources, span, island)
        if evidence < 0 and self._separation is None:
            return None
        if evidence < 0:
            sources, solo_db = sources[::-1], -solo_db
        inner = slice(island.span.start - span.start, island.span.end - span.start)
        voices = {
            track: voice_of(mixture, source, span, near, track)[inner]
            for track, source in zip(island.tracks, sources, strict=True)
        }
        core = island.core.shift(-span.start)
        return Apart(
            island=island,
            voices=voices,
            pairing=abs(evidence),
            solo_db=solo_db,
            blend=blend(sources[:, core.start : core.end]),
        )

    def _learn(self, view: SpoolView, track: TrackId, turns: Turns) -> Float32Array | None:
        """What a person sounds like alone in this recording; None for too little of it."""
        key = (view, track)
        with self._learning:
            if key not in self._learned:
                read = self._learn_from.get(view, view).read
                self._learned[key] = exemplars.learn(alone(read, solo_spans(turns, track)))
            return self._learned[key]

    def _likeness(self, sources: Float32Array, span: Span, island: Island) -> float:
        """How much more the sources' voices are like the people in this order than the other."""
        first, second = (self._centroids.get(track) for track in island.tracks)
        if first is None or second is None:
            return 0.0
        core = island.core.shift(-span.start)
        heard = sources[:, core.start : core.end]
        if heard.shape[1] < max(self._embedding.MIN_SAMPLES, SESSION_RATE_HZ // 2):
            return 0.0
        one, two = (self._embedding.embed(source) for source in heard)
        return float(one @ first + two @ second - one @ second - two @ first)

    def decode(
        self, apart: Sequence[Apart], request: AsrRequest
    ) -> list[dict[TrackId, tuple[Word, ...]]]:
        """Per island, the words of each voice; each person's stretches are decoded together.

        The input is as short as the voices: the padding to 30 s costs three times as much as they.

        Args:
            request: How their surroundings were decoded.
        """
        request = replace(request, beam_size=BEAM_SIZE, wants_full_context=False)
        said: list[dict[TrackId, tuple[Word, ...]]] = [{} for _ in apart]
        for track in sorted({track for each in apart for track in each.voices}):
            own = [(i, each) for i, each in enumerate(apart) if track in each.voices]
            audio = np.concatenate([each.voices[track] for _, each in own])
            result = self._asr.transcribe(audio, request)
            chunk = Chunk(tuple(each.island.span for _, each in own))
            for word in self._confidence.of_words(result.words):
                placed = replace(word, span=chunk.to_session(_sounding(audio, word.span)))
                middle = placed.span.middle
                i = next((i for i, each in own if each.island.span.contains(middle)), own[-1][0])
                said[i][track] = (*said[i].get(track, ()), placed)
        return [self._once(each, words) for each, words in zip(apart, said, strict=True)]

    def _once(
        self, apart: Apart, said: Mapping[TrackId, tuple[Word, ...]]
    ) -> dict[TrackId, tuple[Word, ...]]:
        """Give words that both voices have to the one in which they are louder."""
        a, b = apart.island.tracks
        start = apart.island.span.start

        def is_first(span: Span) -> bool:
            inside = slice(max(0, span.start - start), max(0, span.end - start))
            of_a, of_b = (float((apart.voices[t][inside] ** 2).sum()) for t in (a, b))
            return of_a >= of_b

        first, second = once(said.get(a, ()), said.get(b, ()), is_first)
        return {a: first, b: second}


def says_more(
    voices: Mapping[TrackId, Sequence[Word]], plain: Sequence[Word], island: Island
) -> bool:
    """Whether at least as many words of the voices are right, to be expected, as of the plain text.

    Args:
        plain: Words of the chunk, their probabilities as honest as those of the voices.
    """
    replaced = [word for word in plain if island.span.contains(word.span.middle)]
    return _expected(word for words in voices.values() for word in words) >= _expected(replaced)


def _expected(words: Iterable[Word]) -> float:
    """Right words among these; half of those whose probability is not known."""
    return sum(0.5 if word.probability is None else word.probability for word in words)


def _sounding(voice: Float32Array, span: Span) -> Span:
    """A span without the silence at its edges; the first word is aligned with all before it.

    Args:
        voice: float32 (n,), zeros where the person does not talk.
    """
    sounds = np.flatnonzero(voice[span.start : span.end])
    if len(sounds) == 0:
        return span
    return Span(span.start + int(sounds[0]), span.start + int(sounds[-1]) + 1)


def context_of(island: Island, end: int) -> Span:
    """What has to be heard to take an island apart.

    Args:
        end: Samples that there are.
    """
    context = to_samples(CONTEXT_S)
    return Span(max(0, island.span.start - context), min(end, island.span.end + context))


def centroids_of(
    turns: Mapping[StreamId, Turns],
    views: Mapping[StreamId, SpoolView],
    within: Span,
    embedding: Callable[[], EmbeddingModel],
) -> dict[TrackId, Float32Array]:
    """The voices, unit length, of those who talk at once in a stretch of a diarized recording.

    Args:
        turns: Of the whole recording.
        views: The whole recording.
        embedding: Gives the model; not called where nobody does.
    """
    found: dict[TrackId, Float32Array] = {}
    for stream, of_stream in turns.items():
        islands = find_islands(of_stream, (), within)
        for track in sorted({track for island in islands for track in island.tracks}):
            heard = alone(views[stream].read, solo_spans(of_stream, track))
            model = embedding()
            if track not in found and len(heard) >= model.MIN_SAMPLES:
                found[track] = model.embed(heard[: to_samples(CENTROID_S)])
    return found
