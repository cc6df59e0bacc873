"""The embedding job: clips of one voice each → vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.messages import Float32Array
from app.domain.ports import EmbeddingModel, VoiceActivityModel
from app.domain.sentences import say
from app.domain.session import ClipEmbedding, EmbedJob
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.domain.voice_quality import VoiceQuality, clipped_share, estimate_snr_db
from app.engine.models import LoadedModels
from app.engine.spool_view import SpoolView
from app.pipeline.framing import Hops
from app.pipeline.vad_gate import VadGate

MIN_SPEECH_S = 1.0
MAX_SPEECH_S = 30.0
"""More does not move the vector."""
STRETCH_S = 3.0
"""Stretches compared to find out whether all of a clip is one voice; shorter ones embed badly."""


def embed_clips(job: EmbedJob, models: LoadedModels) -> tuple[ClipEmbedding, ...]:
    """Embed the speech of each clip.

    Raises:
        KnownError: Weights are missing, or a clip holds less than `MIN_SPEECH_S` of speech and
            the job does not allow that.
    """
    model = models.embedding(job.models.embedding, threads=2)
    results = []
    for clip in job.clips:
        audio = SpoolView(clip)
        samples = audio.read(0, min(len(audio), to_samples(600.0)))
        spans = _speech(samples, models.vad(job.models.vad))
        speech_s = sum(span.duration_s for span in spans)
        if speech_s < MIN_SPEECH_S and job.allows_silence:
            results.append(
                ClipEmbedding(model_id=job.models.embedding, vector=(), speech_s=speech_s)
            )
            continue
        if speech_s < MIN_SPEECH_S:
            raise KnownError(
                say(
                    "A recording holds only {seconds} s of speech. Give at least 5 s of one "
                    "voice, better 15 s.",
                    seconds=f"{speech_s:.1f}",
                )
            )
        limit_s = min(job.max_speech_s or MAX_SPEECH_S, MAX_SPEECH_S)
        used = _first(spans, int(limit_s * SESSION_RATE_HZ))
        pieces = [samples[span.start : span.end] for span in used]
        heard = samples[used[0].start : used[-1].end]
        results.append(
            ClipEmbedding(
                model_id=job.models.embedding,
                vector=tuple(float(v) for v in model.embed_pieces(pieces)),
                speech_s=sum(span.duration_s for span in used),
                quality=VoiceQuality(
                    speech_s=speech_s,
                    snr_db=estimate_snr_db(heard),
                    clipped_share=clipped_share(heard),
                    likeness=_likeness(pieces, model) if job.checks_voice else None,
                ),
                end_sample=used[-1].end,
            )
        )
    return tuple(results)


def _speech(samples: Float32Array, vad: VoiceActivityModel) -> list[Span]:
    gate = VadGate(StreamId.MIX, vad.HOP_SAMPLES)
    spans = []
    for _, hop in Hops(vad.HOP_SAMPLES).push(samples):
        closed = gate.push(vad.probability(hop))
        if closed is not None:
            spans.append(closed.span)
    last = gate.flush()
    if last is not None:
        spans.append(last.span)
    return [span.clip(Span(0, len(samples))) for span in spans]


def _first(spans: Sequence[Span], room: int) -> list[Span]:
    """The first `room` samples of speech."""
    used = []
    for span in spans:
        used.append(Span(span.start, min(span.end, span.start + room)))
        room -= used[-1].length
        if room <= 0:
            break
    return used


def _likeness(pieces: Sequence[Float32Array], model: EmbeddingModel) -> float | None:
    """The lowest cosine between stretches from the start, the middle and the end of the speech.

    None when there is too little to cut two.
    """
    speech, length = np.concatenate(pieces), to_samples(STRETCH_S)
    if len(speech) < 2 * length:
        return None
    starts = (0, (len(speech) - length) // 2, len(speech) - length)
    vectors = np.stack([model.embed(speech[start : start + length]) for start in starts])
    return float((vectors @ vectors.T).min())
