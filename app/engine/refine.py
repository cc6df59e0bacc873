"""The final pass: diarize the whole recording, decode it with full context, correct the transcript.

Diarization comes first, so that every decoded chunk leaves with its speakers at once and an
interrupted pass keeps what it has done.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from app.domain.ids import StreamId
from app.domain.messages import (
    CorrectionReason,
    OverlapRegion,
    SegmentUpdate,
    SpeakerTurn,
    SpeechSpan,
    TranscriptPatch,
)
from app.domain.ports import AsrModel
from app.domain.sentences import say
from app.domain.session import ModelChoice, Part, RefineJob
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.engine.chunk_writer import ChunkWriter, check
from app.engine.confidence import FINAL, curve_of
from app.engine.echo_stage import is_echo_possible, notice_of, without_echo
from app.engine.models import LoadedModels, for_language
from app.engine.protocol import Event, Patched, SessionStarted, Told
from app.engine.rescue import OverlapRescue, centroids_of
from app.engine.spool_view import SpoolView
from app.engine.vocabulary import knowing
from app.pipeline.chunks import Chunk, pack
from app.pipeline.duplicates import RepeatFinder
from app.pipeline.framing import Hops
from app.pipeline.level import BLOCK, LevelStatistics
from app.pipeline.offline_diarization import Diarization, diarize
from app.pipeline.replace import TranscriptReplacer, split_pieces
from app.pipeline.vad_gate import GateParameters, VadGate

log = logging.getLogger(__name__)

DIARIZATION_SHARE = 0.45
"""Of the progress bar; about its share of the work."""
GATE = GateParameters(hangover_s=0.6, max_length_s=27.0)
READ_S = 30.0


def refine(
    job: RefineJob,
    models: LoadedModels,
    emit: Callable[[Event], None],
    *,
    on_progress: Callable[[float, str], None],
    cancel: threading.Event,
) -> None:
    """Run the final pass and emit patches while it goes.

    Raises:
        KnownError: Weights are missing.
        Cancelled: `cancel` was set; patches sent so far stand.
    """
    choice = for_language(job.config.models, job.config.language)
    asr = knowing(models.asr(choice.asr_final), job.config.vocabulary)
    models.vad(choice.vad)
    if job.part is None:
        models.segmentation(choice.segmentation, threads=2)
        models.embedding(choice.embedding, threads=2)
        if choice.separation_network is not None:
            models.separation(choice.separation_network)
        if choice.voice_refiner is not None:
            models.refiner(choice.voice_refiner, threads=1)
    emit(SessionStarted(models.used()))
    recorded = {
        stream: SpoolView(path, job.sample_counts.get(stream))
        for stream, path in job.spools.items()
    }
    if is_echo_possible(job.config):
        on_progress(0.0, say("listening for echo"))
    views, leak = without_echo(job, recorded, cancel)
    for view in views.values() if job.config.is_level_evened else ():
        view.gain_db = _gain_db(view, cancel)

    if job.part is None:
        diarization = _diarized(job, models, views, on_progress, cancel)
        turns = {stream: list(of_stream) for stream, of_stream in diarization.turns.items()}
        rescue = OverlapRescue.of_choice(choice, models, asr, diarization.centroids)
    else:
        turns = {stream: list(of_stream) for stream, of_stream in job.turns.items()}
        rescue = _rescue_of_part(job, job.part, choice, models, asr, views)
    revision = job.config.revision_base + 1
    replacer = TranscriptReplacer(
        job.live_segments,
        job.locked,
        turns if job.part is None else {},
        revision=revision,
        within=job.part,
    )
    speech = {
        stream: _speech(view, models, choice.vad, stream, cancel, within=job.part)
        for stream, view in views.items()
    }
    chunks = [(stream, chunk) for stream, found in speech.items() for chunk in _chunks(found)]
    chunks.sort(key=lambda pair: pair[1].span)
    echoes = _Echoes(job, is_leaking=leak is not None)
    total = sum(chunk.length for _, chunk in chunks) or 1
    done = 0
    before = DIARIZATION_SHARE if job.part is None else 0.0
    language = None if job.config.language == "auto" else job.config.language
    is_guarded = Part.GUARDS not in job.config.without
    unsure = {
        stream: [each.span for each in found if is_guarded and not each.is_sure]
        for stream, found in speech.items()
    }
    confidence = curve_of(choice.asr_final, FINAL)
    writer = ChunkWriter(
        asr, views, turns, rescue, unsure=unsure, confidence=confidence, is_guarded=is_guarded
    )
    for written in writer.write_all(chunks, language, cancel):
        stream, chunk = written.stream, written.chunk
        updates = replacer.replace(
            stream,
            chunk.span,
            split_pieces(written.pieces),
            language=written.language,
            readings=written.readings,
        )
        updates = echoes.without(updates)
        done += chunk.length
        until = {stream: chunk.span.end} if job.part is None else {}
        emit(Patched(TranscriptPatch(updates=updates, processed_until=until)))
        on_progress(before + (1 - before) * done / total, say("transcribing"))
    if (leak is not None or echoes.has_found) and not job.live_segments:
        emit(Told(notice_of(leak, has_headphones=job.config.has_headphones is True)))
    last = TranscriptPatch(updates=replacer.retract_rest())
    if job.part is None:
        last = replace(
            last,
            overlaps=_overlaps(turns, replacer),
            processed_until={stream: len(view) for stream, view in views.items()},
            turns=_continued(turns, replacer),
            turns_revision=revision,
        )
    emit(Patched(last))
    on_progress(1.0, say("done"))


def _diarized(
    job: RefineJob,
    models: LoadedModels,
    views: Mapping[StreamId, SpoolView],
    on_progress: Callable[[float, str], None],
    cancel: threading.Event,
) -> Diarization:
    """Who talks when in all streams together."""
    choice = for_language(job.config.models, job.config.language)

    def on_diarized(share: float) -> None:
        check(cancel)
        on_progress(DIARIZATION_SHARE * share, say("finding speakers"))

    return diarize(
        views,
        segmentation=models.segmentation(choice.segmentation, threads=2),
        embedding=models.embedding(choice.embedding, threads=2),
        clustering=models.clustering(),
        speakers=job.config.speakers,
        on_progress=on_diarized,
        cancel=cancel,
    )


def _rescue_of_part(
    job: RefineJob,
    part: Span,
    choice: ModelChoice,
    models: LoadedModels,
    asr: AsrModel,
    views: Mapping[StreamId, SpoolView],
) -> OverlapRescue | None:
    """The rescue of a stretch that is heard again; None where nobody talks at once.

    Voices are learned in the whole recording as it is stored: the views end with the stretch.
    """
    if choice.separation is None:
        return None
    turns = {
        stream: sorted((turn.span, turn.track) for turn in of_stream if turn.track is not None)
        for stream, of_stream in job.turns.items()
        if stream in views
    }
    whole = {stream: SpoolView(job.spools[stream]) for stream in views}
    centroids = centroids_of(
        turns, whole, part, lambda: models.embedding(choice.embedding, threads=2)
    )
    if not centroids:
        return None
    learn_from = {view: whole[stream] for stream, view in views.items()}
    return OverlapRescue.of_choice(choice, models, asr, centroids, learn_from=learn_from)


class _Echoes:
    """Takes back what the microphone repeats of the system audio."""

    def __init__(self, job: RefineJob, *, is_leaking: bool) -> None:
        self._is_on = job.config.is_echo_handled
        self._is_leaking = is_leaking
        self.has_found = False
        self._finder = RepeatFinder()
        kept = [segment for segment in job.live_segments if segment.segment_id in job.locked]
        self._finder.push((s for s in kept if s.stream is StreamId.SYSTEM), is_leaking=is_leaking)

    def without(self, updates: tuple[SegmentUpdate, ...]) -> tuple[SegmentUpdate, ...]:
        """The updates, and behind them the retractions that they give reason for."""
        if not self._is_on:
            return updates
        repeats = self._finder.push(updates, is_leaking=self._is_leaking)
        self.has_found = self.has_found or bool(repeats)
        taken = {segment.segment_id for segment in repeats}
        gone = tuple(
            replace(
                segment,
                revision=segment.revision + 1,
                words=(),
                committed=0,
                reason=CorrectionReason.REFINE,
            )
            for segment in repeats
        )
        return (*(u for u in updates if u.segment_id not in taken), *gone)


def _gain_db(view: SpoolView, cancel: threading.Event) -> float:
    """What a whole stream lacks to be heard; 0 for one of usual level."""
    statistics = LevelStatistics()
    step = to_samples(READ_S)
    for start in range(0, len(view), step):
        check(cancel)
        samples = view.read(start, start + step)
        for at in range(0, len(samples), BLOCK):
            statistics.push(samples[at : at + BLOCK])
    return statistics.gain_db


def _speech(
    view: SpoolView,
    models: LoadedModels,
    vad_id: str,
    stream: StreamId,
    cancel: threading.Event,
    *,
    within: Span | None = None,
) -> list[SpeechSpan]:
    """The speech of a stream, or of a stretch of it."""
    whole = Span(0, len(view)) if within is None else within.clip(Span(0, len(view)))
    vad = models.vad(vad_id)
    gate = VadGate(stream, vad.HOP_SAMPLES, GATE)
    hops = Hops(vad.HOP_SAMPLES)
    spans: list[SpeechSpan] = []
    block = to_samples(READ_S)
    for start in range(whole.start, whole.end, block):
        check(cancel)
        for _, hop in hops.push(view.read(start, min(start + block, whole.end))):
            closed = gate.push(vad.probability(hop))
            if closed is not None:
                spans.append(closed)
    for _, hop in hops.flush():
        closed = gate.push(vad.probability(hop))
        if closed is not None:
            spans.append(closed)
    last = gate.flush()
    if last is not None:
        spans.append(last)
    return [replace(each, span=each.span.shift(whole.start).clip(whole)) for each in spans]


def _chunks(speech: Sequence[SpeechSpan]) -> Iterator[Chunk]:
    """Pack sure speech; anything else is heard alone: the words around it would speak for it."""
    for is_sure, group in itertools.groupby(speech, key=lambda each: each.is_sure):
        spans = [each.span for each in group]
        yield from pack(spans) if is_sure else (Chunk((span,)) for span in spans if span.length)


def _continued(
    turns: Mapping[StreamId, Sequence[SpeakerTurn]], replacer: TranscriptReplacer
) -> dict[StreamId, tuple[SpeakerTurn, ...]]:
    """The turns under the tracks that the transcript goes on with."""
    return {
        stream: tuple(
            turn if turn.track is None else replace(turn, track=replacer.track(turn.track))
            for turn in of_stream
        )
        for stream, of_stream in turns.items()
    }


def _overlaps(
    turns: Mapping[StreamId, Sequence[SpeakerTurn]], replacer: TranscriptReplacer
) -> tuple[OverlapRegion, ...]:
    regions = []
    for stream, stream_turns in turns.items():
        ordered = sorted(stream_turns, key=lambda turn: turn.span)
        for i, one in enumerate(ordered):
            for two in ordered[i + 1 :]:
                if two.span.start >= one.span.end:
                    break
                common = one.span.overlap(two.span)
                if common < 0.3 * SESSION_RATE_HZ or one.track is None or two.track is None:
                    continue
                start = two.span.start
                tracks = (replacer.track(one.track), replacer.track(two.track))
                regions.append(
                    OverlapRegion(
                        stream=stream,
                        span=Span(start, start + common),
                        tracks=tuple(sorted(set(tracks))),
                    )
                )
    return tuple(regions)
