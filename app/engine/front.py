"""Lane A: who talks when. Voice activity, segmentation, voices, for all streams of a session."""

from __future__ import annotations

import itertools
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from app.domain.ids import StreamId
from app.domain.messages import AudioBlock, Float32Array, LocalActivity, SpeechSpan
from app.domain.ports import EmbeddingModel, SegmentationModel, VoiceActivityModel
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.pipeline.activity import ActivityStitcher, Chain
from app.pipeline.cluster import OnlineClusters
from app.pipeline.framing import Hops, RollingAudio
from app.pipeline.vad_gate import GateParameters, VadGate

WINDOW_S = 10.0
"""What the segmentation model was trained with."""
MIN_WINDOW_S = 1.5
HOP_FRAMES = 30
"""About 0.5 s: a label is at most that old."""
EMBED_MIN_S, EMBED_MAX_S = 1.0, 4.0
TURN_END_MIN_S = 0.5
"""A turn that ends with less unheard speech than this adds nothing to its voice."""
GLIMPSE_MIN_S = 0.4
"""A turn that begins with this much speech gets a guess, so that a label is there in time."""


@dataclass(slots=True)
class StreamFront:
    """Everything lane A knows of one stream.

    Attributes:
        audio: The recent past; lane C decodes from it. Guarded by the session's lock.
    """

    stream: StreamId
    vad: VoiceActivityModel
    gate: VadGate
    hops: Hops
    audio: RollingAudio
    stitcher: ActivityStitcher
    next_window_end: int
    embedded_until: dict[int, int]
    last_active: int

    @classmethod
    def at(
        cls,
        stream: StreamId,
        vad: VoiceActivityModel,
        start: int,
        chain_ids: itertools.count[int],
        gate: GateParameters,
    ) -> StreamFront:
        """A front that begins at sample `start`."""
        return cls(
            stream=stream,
            vad=vad,
            gate=VadGate(stream, vad.HOP_SAMPLES, gate, start=start),
            hops=Hops(vad.HOP_SAMPLES, start=start),
            audio=RollingAudio(start=start),
            stitcher=ActivityStitcher(stream, first_chain=chain_ids),
            next_window_end=start + to_samples(MIN_WINDOW_S),
            embedded_until={},
            last_active=start,
        )

    def hear(self, block: AudioBlock) -> list[SpeechSpan]:
        """Run the voice activity model; returns the utterances that end in `block`."""
        closed = []
        for _, hop in self.hops.push(block.samples):
            span = self.gate.push(self.vad.probability(hop))
            if span is not None:
                closed.append(span)
        return closed

    def end(self) -> list[SpeechSpan]:
        """The stream ends: what is open closes."""
        closed = []
        for _, hop in self.hops.flush():
            span = self.gate.push(self.vad.probability(hop))
            if span is not None:
                closed.append(span)
        last = self.gate.flush()
        if last is not None:
            closed.append(last)
        end = self.audio.span.end
        return [replace(span, span=span.span.clip(Span(0, end))) for span in closed]

    @property
    def is_surely_open(self) -> bool:
        """Whether an utterance goes on in which there surely is speech: worth a preview."""
        span = self.gate.open_span
        return span is not None and self.gate.is_sure(span)

    def unsure(self, window: Span) -> tuple[Span, ...]:
        """The window, if the voice activity model was never sure of speech in it; else nothing."""
        return () if self.gate.is_sure(window) else (window,)


def due_window(front: StreamFront, *, is_ended: bool = False) -> Span | None:
    """The next segmentation window of a stream; None when none is due or nobody talked in it.

    Windows start on the frame grid, so that frames of successive windows coincide.
    """
    now = front.audio.span.end
    if front.next_window_end > now and not is_ended:
        return None
    frame = 270  # the model's frame step; windows start on multiples of it
    end = min(front.next_window_end, now)
    if is_ended:
        end = now
    front.next_window_end = end + HOP_FRAMES * frame
    heard = front.gate.open_span is not None or front.gate.last_speech_end > (end - to_samples(1.5))
    start = max(front.audio.span.start, end - to_samples(WINDOW_S))
    start = -(-start // frame) * frame
    if not heard or end - start < to_samples(MIN_WINDOW_S) or end <= front.stitcher.analysed_until:
        return None
    return Span(start, end)


def analyse(
    model: SegmentationModel, stream: StreamId, span: Span, samples: Float32Array
) -> LocalActivity:
    """Run the segmentation model on one window."""
    activity, frame_step = model.activity(samples)
    return LocalActivity(stream=stream, span=span, activity=activity, frame_step=frame_step)


@dataclass(frozen=True, slots=True)
class VoiceSample:
    """Solo speech of one chain that its voice has not been taken from yet."""

    chain_id: int
    spans: tuple[Span, ...]
    speech_s: float
    is_glimpse: bool = False
    """Too little for a voice; it will be heard again with more."""


def due_samples(front: StreamFront, active: tuple[int, ...]) -> list[VoiceSample]:
    """The chains with enough unheard solo speech, or whose turn has just ended."""
    samples = []
    analysed = front.stitcher.analysed_until
    for chain_id in active:
        chain = front.stitcher.chains.get(chain_id)
        if chain is None:
            continue
        since = front.embedded_until.get(chain_id, 0)
        start = max(since, analysed - to_samples(WINDOW_S), front.audio.span.start)
        spans = front.stitcher.solo_spans(chain, Span(start, max(start, analysed)))
        spans = [span for span in spans if span.length >= SESSION_RATE_HZ // 10]
        speech_s = sum(span.duration_s for span in spans)
        has_ended = not _talks_now(front.stitcher, chain, analysed)
        if speech_s >= EMBED_MIN_S or (has_ended and speech_s >= TURN_END_MIN_S):
            front.embedded_until[chain_id] = analysed
            samples.append(VoiceSample(chain_id, tuple(_newest(spans)), speech_s))
        elif chain_id not in front.embedded_until and speech_s >= GLIMPSE_MIN_S:
            samples.append(VoiceSample(chain_id, tuple(spans), speech_s, is_glimpse=True))
    return samples


def follow_voices(
    front: StreamFront,
    window: Span,
    clusters: OnlineClusters,
    segmentation: SegmentationModel,
    embedding: EmbeddingModel,
    lock: AbstractContextManager[object],
) -> None:
    """Run one segmentation window and give `clusters` the voices that are due.

    Args:
        lock: Guards `front` and `clusters`; not held while a model runs.
    """
    activity = analyse(segmentation, front.stream, window, front.audio.get(window))
    with lock:
        active = front.stitcher.push(activity)
        samples = due_samples(front, active)
        for chain in front.stitcher.chains_of(active):
            if chain.parent is not None:
                clusters.link(chain.chain_id, chain.parent)
    for sample in samples:
        pieces = [front.audio.get(span) for span in sample.spans]
        if sum(map(len, pieces)) < embedding.MIN_SAMPLES:
            continue
        vector = embedding.embed_pieces(pieces)
        with lock:
            if sample.is_glimpse:
                clusters.glimpse(sample.chain_id, vector)
            else:
                clusters.observe(sample.chain_id, vector, sample.speech_s)


def _newest(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    room: int = to_samples(EMBED_MAX_S)
    for span in reversed(spans):
        if room <= 0:
            break
        piece = Span(max(span.start, span.end - room), span.end)
        kept.append(piece)
        room -= piece.length
    return kept[::-1]


def _talks_now(stitcher: ActivityStitcher, chain: Chain, now: int) -> bool:
    recent = Span(max(0, now - to_samples(0.3)), now)
    return bool(stitcher.turns(chain, recent))
