"""From activity per person to turns: move misjudged stretches, drop echo, join across pauses."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_dilation

from app.domain.ids import StreamId
from app.domain.messages import Float32Array
from app.domain.ports import EmbeddingModel
from app.domain.units import SESSION_RATE_HZ, Span
from app.pipeline.local_voices import (
    BoolArray,
    StreamActivity,
    StreamSamples,
    runs,
)
from app.pipeline.voice_groups import unit

PIECE_MAX_S = 2.0
PIECE_MIN_S = 0.8
"""A shorter piece embeds too badly to overrule the window it came from."""
CENTROID_MIN_S = 1.0
MOVE_MARGIN = 0.05
"""Cosine by which another person must be more like a piece than its own."""
ECHO_SLACK_S = 0.35
"""Echo comes up to 100 ms late, and the edges of turns are uncertain by as much again."""
HOME_SHARE = 0.3
"""Who is heard this much in the system audio, as a share of the microphone's, is not in the
room."""
JOIN_PAUSE_S = 0.4
"""A shorter pause does not end a turn; 0.3 to 0.5 are equal on the sets measured."""
LEAD_S = 0.1
TRAIL_S = -0.05
"""A turn starts this much before, and ends this much after, what the segmentation says; see
docs/measurements.md, "Final diarization"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    stream: StreamId
    person: int
    start: int
    end: int
    seconds: float
    vector: Float32Array


def move_pieces(
    active: dict[StreamId, BoolArray],
    streams: Mapping[StreamId, StreamActivity],
    samples: Mapping[StreamId, StreamSamples],
    people: Float32Array,
    embedding: EmbeddingModel,
) -> Float32Array:
    """Give stretches of one voice alone to the person they are most like.

    Every such stretch is embedded in pieces of up to 2 s; the centroids are made anew from them.

    Args:
        active: Per stream, (frames, people); changed in place.
        people: float32 (people, dimension), unit rows.

    Returns:
        The new centroids.
    """
    pieces = [
        piece
        for stream_id, stream in streams.items()
        for piece in _embed_pieces(
            stream_id, stream, samples[stream_id], active[stream_id], embedding
        )
    ]
    renewed = people.copy()
    for person in range(len(people)):
        own = [p for p in pieces if p.person == person and p.seconds >= CENTROID_MIN_S]
        if own:
            vectors = np.stack([p.vector * np.float32(p.seconds) for p in own])
            renewed[person] = unit(vectors.sum(axis=0))
    for stream_id in streams:
        of_stream = [piece for piece in pieces if piece.stream == stream_id]
        active[stream_id] = _moved(active[stream_id], of_stream, renewed)
    return renewed


def drop_echo(
    active: dict[StreamId, BoolArray], streams: Mapping[StreamId, StreamActivity]
) -> None:
    """Take people of the system audio out of the microphone, in place.

    Whoever is heard in the system audio as much as in the microphone is elsewhere: the microphone
    hears the loudspeaker. Anybody else is dropped from the microphone only while heard in the
    system audio too, so that nobody is counted twice.
    """
    if StreamId.MIC not in active or StreamId.SYSTEM not in active:
        return
    mic, system = active[StreamId.MIC], active[StreamId.SYSTEM]
    slack = round(ECHO_SLACK_S / streams[StreamId.MIC].frame_s)
    near_system = binary_dilation(system, np.ones((2 * slack + 1, 1), dtype=np.bool_))
    shared = min(len(mic), len(system))
    cleaned = mic.copy()
    cleaned[:shared] &= ~near_system[:shared]
    cleaned[:, system.sum(axis=0) >= HOME_SHARE * np.maximum(mic.sum(axis=0), 1)] = False
    active[StreamId.MIC] = cleaned


def spans_of(stream: StreamActivity, is_active: BoolArray, sample_count: int) -> list[Span]:
    """The turns of one person: pauses joined, edges widened, cut to the recording."""
    lead, trail = round(LEAD_S * SESSION_RATE_HZ), round(TRAIL_S * SESSION_RATE_HZ)
    join = round(JOIN_PAUSE_S * SESSION_RATE_HZ)
    spans: list[Span] = []
    for first, last in runs(is_active):
        start = max(0, stream.start_sample(first) - lead)
        end = min(sample_count, stream.start_sample(last) + trail)
        if end <= start:
            continue
        if spans and start - spans[-1].end <= join:
            spans[-1] = Span(spans[-1].start, max(end, spans[-1].end))
        else:
            spans.append(Span(start, end))
    return spans


def _embed_pieces(
    stream_id: StreamId,
    stream: StreamActivity,
    samples: StreamSamples,
    active: BoolArray,
    embedding: EmbeddingModel,
) -> list[_Piece]:
    pieces: list[_Piece] = []
    is_alone = active.sum(axis=1) == 1
    for person in range(active.shape[1]):
        for first, last in runs(active[:, person] & is_alone):
            seconds = (last - first) * stream.frame_s
            if seconds < PIECE_MIN_S:
                continue
            edges = np.linspace(first, last, int(np.ceil(seconds / PIECE_MAX_S)) + 1)
            frames = edges.round().astype(int).tolist()
            for start, end in itertools.pairwise(frames):
                speech = samples.read(stream.start_sample(start), stream.start_sample(end))
                if len(speech) >= embedding.MIN_SAMPLES:
                    pieces.append(
                        _Piece(
                            stream=stream_id,
                            person=person,
                            start=start,
                            end=end,
                            seconds=(end - start) * stream.frame_s,
                            vector=embedding.embed(speech),
                        )
                    )
    return pieces


def _moved(active: BoolArray, pieces: list[_Piece], people: Float32Array) -> BoolArray:
    """Each run of a person is shared out among its pieces, cut half-way between two of them."""
    moved = np.zeros_like(active)
    for person in range(active.shape[1]):
        own = sorted((p for p in pieces if p.person == person), key=lambda piece: piece.start)
        index = 0
        for first, last in runs(active[:, person]):
            inside: list[_Piece] = []
            while index < len(own) and own[index].end <= last:
                inside.append(own[index])
                index += 1
            cuts = [(a.end + b.start) // 2 for a, b in itertools.pairwise(inside)]
            edges = [first, *cuts, last]
            targets = [_most_like(piece, people) for piece in inside] or [person]
            for target, start, end in zip(targets, edges[:-1], edges[1:], strict=True):
                moved[start:end, target] = True
    return moved


def _most_like(piece: _Piece, people: Float32Array) -> int:
    likeness = people @ piece.vector
    best = int(likeness.argmax())
    return best if likeness[best] - likeness[piece.person] > MOVE_MARGIN else piece.person
