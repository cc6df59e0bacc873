"""Turns the voices of all windows of all streams into people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment

from app.domain.ids import StreamId
from app.domain.messages import Float32Array, IntArray
from app.domain.ports import ClusteringModel
from app.domain.session import SpeakerRange
from app.pipeline.local_voices import LocalVoice, StreamActivity

MIN_CLEAN_S = 1.5
"""Voices with less speech of their own take no part in the clustering; they are assigned after."""
MAX_CLUSTERED = 4_000
"""Clustering takes memory by the square of the voices: 64 MB for these. A longer recording gives
an even selection."""
STRANGER_COSINE = 0.3
"""A voice less like everybody than this is somebody else. Two stretches of 1.5 s have cosine
0.60 +- 0.11 when they are of one person, 0.06 +- 0.10 when they are of two."""
STRANGER_MIN_CLEAN_S = 0.7
STRANGER_MIN_TOTAL_S = 1.0
STRANGER_JOIN_DISTANCE = 0.6
"""Cosine distance, average linkage, below which strangers are one person."""


def unit(vectors: Float32Array) -> Float32Array:
    """Scale rows to unit length."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Float32Array = vectors / np.maximum(norms, np.float32(1e-12))
    return scaled


def find_people(
    streams: Mapping[StreamId, StreamActivity],
    clustering: ClusteringModel,
    speakers: SpeakerRange,
) -> Float32Array:
    """Find the people of a meeting: one list over all streams.

    Voices with enough speech of their own are clustered; then voices that are like nobody found
    so far, too few for a group of their own, make further people.

    Returns:
        float32 (people, dimension), unit centroids, the most heard first; empty without speech.
    """
    voices = [v for stream in streams.values() for v in stream.voices if v.vector is not None]
    if not voices:
        return np.zeros((0, 0), dtype=np.float32)
    long_enough = [v for v in voices if v.clean_s >= MIN_CLEAN_S]
    clustered = _thin_out(long_enough or voices, MAX_CLUSTERED)
    vectors = np.stack([v.vector for v in clustered if v.vector is not None])
    weights = np.array([max(v.clean_s, 0.1) for v in clustered], dtype=np.float32)
    labels = clustering.cluster(vectors, speakers.minimum, speakers.maximum)
    people = _centroids(vectors, weights, labels)
    if len(people) < speakers.maximum:
        strangers = _find_strangers(streams, people)
        people = np.concatenate([people, strangers[: speakers.maximum - len(people)]])
    return people


def assign_windows(stream: StreamActivity, people: Float32Array) -> Float32Array:
    """Spread the people over the time line of a stream.

    The voices of one window are different people, so they are matched one to one: in embedded
    windows by likeness, in the others by who talks at the same time in the embedded ones.

    Returns:
        float32 (frames, people) in [0, 1]: the mean activity over the windows of each frame.
    """
    total = np.zeros((stream.frame_count, len(people)), dtype=np.float32)
    cover = np.zeros((stream.frame_count, 1), dtype=np.float32)
    by_window: dict[int, list[LocalVoice]] = {}
    for voice in stream.voices:
        if voice.vector is not None:
            by_window.setdefault(voice.window, []).append(voice)
    for window, voices in by_window.items():
        likeness = np.stack([v.vector for v in voices if v.vector is not None]) @ people.T
        columns = [voice.local for voice in voices]
        _add_window(stream, window, columns, likeness, total)
    embedded = sorted({voice.window for voice in stream.voices})
    _count_cover(stream, embedded, cover)
    reference = (total / np.maximum(cover, 1)).astype(np.float32)
    others = [w for w in range(len(stream.first_frames)) if w not in set(embedded)]
    for window in others:
        first = stream.first_frames[window]
        activity = stream.window_activity(window)
        shared: Float32Array = activity.T @ reference[first : first + len(activity)]
        columns = list(range(activity.shape[1]))
        _add_window(stream, window, columns, shared, total, minimum=1.0)
    _count_cover(stream, others, cover)
    return (total / np.maximum(cover, 1)).astype(np.float32)


def _add_window(
    stream: StreamActivity,
    window: int,
    columns: Sequence[int],
    scores: Float32Array,
    total: Float32Array,
    minimum: float = -1.0,
) -> None:
    first = stream.first_frames[window]
    activity = stream.window_activity(window)
    for row, person in zip(*linear_sum_assignment(-scores), strict=True):
        if scores[row, person] >= minimum:
            total[first : first + len(activity), person] += activity[:, columns[row]]


def _count_cover(stream: StreamActivity, windows: Sequence[int], cover: Float32Array) -> None:
    length = stream.local_activity.shape[1]
    for window in windows:
        first = stream.first_frames[window]
        cover[first : first + length] += 1


def _thin_out(voices: list[LocalVoice], limit: int) -> list[LocalVoice]:
    if len(voices) <= limit:
        return voices
    picked = np.linspace(0, len(voices) - 1, limit).round().astype(int)
    return [voices[i] for i in picked]


def _centroids(vectors: Float32Array, weights: Float32Array, labels: IntArray) -> Float32Array:
    """Weighted means of the groups, the heaviest group first."""
    groups = np.unique(labels)
    order = sorted(groups, key=lambda group: -float(weights[labels == group].sum()))
    sums = [(vectors[labels == g] * weights[labels == g, np.newaxis]).sum(axis=0) for g in order]
    return unit(np.stack(sums).astype(np.float32))


def _find_strangers(
    streams: Mapping[StreamId, StreamActivity], people: Float32Array
) -> Float32Array:
    strangers: list[tuple[StreamId, LocalVoice, Float32Array]] = []
    for stream_id, stream in streams.items():
        for voice in stream.voices:
            if voice.vector is None or voice.clean_s < STRANGER_MIN_CLEAN_S:
                continue
            if (people @ voice.vector).max() < STRANGER_COSINE:
                strangers.append((stream_id, voice, voice.vector))
    if not strangers:
        return people[:0]
    vectors = np.stack([vector for _, _, vector in strangers])
    labels = np.zeros(1, dtype=np.int64)
    if len(vectors) > 1:
        tree = linkage(vectors, "average", metric="cosine")
        labels = fcluster(tree, STRANGER_JOIN_DISTANCE, "distance")
    found: list[Float32Array] = []
    for group in np.unique(labels):
        members = [strangers[i][:2] for i in np.flatnonzero(labels == group)]
        centroid = unit(vectors[labels == group].sum(axis=0))
        is_new = (people @ centroid).max() < STRANGER_COSINE
        if is_new and _clean_time_s(streams, members) >= STRANGER_MIN_TOTAL_S:
            found.append(centroid)
    return np.stack(found) if found else people[:0]


def _clean_time_s(
    streams: Mapping[StreamId, StreamActivity], voices: Sequence[tuple[StreamId, LocalVoice]]
) -> float:
    """Seconds that voices of overlapping windows cover together, counted once."""
    seconds = 0.0
    for stream_id, stream in streams.items():
        frames: set[int] = set()
        for voice_stream, voice in voices:
            if voice_stream == stream_id:
                is_active = stream.local_activity[voice.window] > 127
                alone = is_active[:, voice.local] & (is_active.sum(axis=1) == 1)
                first = stream.first_frames[voice.window]
                frames.update((np.flatnonzero(alone) + first).tolist())
        seconds += len(frames) * stream.frame_s
    return seconds
