"""Who speaks when over a whole recording: the diarization of the pass after the meeting.

Segmentation over 10 s windows, embeddings of each window's voices, clustering over all streams
together, then a second look at every stretch. The shape is that of pyannote.audio's
SpeakerDiarization (Bredin, "pyannote.audio 2.1", Interspeech 2023); what is ours is measured in
docs/measurements.md, "Final diarization".
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from app.domain.errors import Cancelled
from app.domain.ids import StreamId, TrackId
from app.domain.messages import Float32Array, SpeakerTurn
from app.domain.ports import ClusteringModel, EmbeddingModel, SegmentationModel
from app.domain.session import SpeakerRange
from app.domain.units import Span
from app.pipeline.local_voices import BoolArray, StreamActivity, StreamSamples, analyse_stream
from app.pipeline.person_turns import drop_echo, move_pieces, spans_of
from app.pipeline.voice_groups import assign_windows, find_people

ONSET = 0.5
"""Mean activity over the windows of a frame from which a person talks."""
ANALYSIS_SHARE = 0.8
"""Of the running time; the rest is the second look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diarization:
    """Who speaks when.

    Attributes:
        turns: Per stream, sorted by start. Turns of two people may overlap, turns of one person
            in one stream never do. Tracks are numbered S1, S2, ... by first appearance, over all
            streams.
        centroids: Per track, float32 (dimension,), unit length: the voice.
    """

    turns: Mapping[StreamId, tuple[SpeakerTurn, ...]]
    centroids: Mapping[TrackId, Float32Array]


def diarize(
    streams: Mapping[StreamId, StreamSamples],
    *,
    segmentation: SegmentationModel,
    embedding: EmbeddingModel,
    clustering: ClusteringModel,
    speakers: SpeakerRange,
    on_progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> Diarization:
    """Find the people of a meeting and their turns, over all its streams together.

    The streams are read in windows, so hours are fine: an hour of one stream takes about 10 MB.

    Args:
        streams: Samples at 16 kHz per stream, on one time line; streams without samples are
            passed over.
        speakers: How many people there may be; the audio decides within the range.
        on_progress: Called with the share done, in [0, 1].
        cancel: Set it to stop the work soon.

    Raises:
        Cancelled: `cancel` was set.
    """
    used = {stream_id: samples for stream_id, samples in streams.items() if len(samples) > 0}
    progress = _Progress(on_progress, cancel)
    analysed: dict[StreamId, StreamActivity] = {}
    total = sum(len(samples) for samples in used.values())
    done = 0
    for stream_id, samples in used.items():
        begin, share = done / total, len(samples) / total
        progress.begin(ANALYSIS_SHARE * begin, ANALYSIS_SHARE * share)
        analysed[stream_id] = analyse_stream(samples, segmentation, embedding, progress.report)
        done += len(samples)
    people = find_people(analysed, clustering, speakers)
    if len(people) == 0:
        return Diarization(turns=dict.fromkeys(streams, ()), centroids={})
    active = {
        stream_id: assign_windows(stream, people) > ONSET for stream_id, stream in analysed.items()
    }
    progress.begin(ANALYSIS_SHARE, 1 - ANALYSIS_SHARE)
    progress.report(0.0)
    people = move_pieces(active, analysed, used, people, embedding)
    drop_echo(active, analysed)
    progress.report(1.0)
    return _name_tracks(streams, analysed, active, people)


def _name_tracks(
    streams: Mapping[StreamId, StreamSamples],
    analysed: Mapping[StreamId, StreamActivity],
    active: Mapping[StreamId, BoolArray],
    people: Float32Array,
) -> Diarization:
    found = sorted(
        (span.start, span.end, stream_id, person)
        for stream_id, stream in analysed.items()
        for person in range(len(people))
        for span in spans_of(stream, active[stream_id][:, person], len(streams[stream_id]))
    )
    tracks: dict[int, TrackId] = {}
    turns: dict[StreamId, list[SpeakerTurn]] = {stream_id: [] for stream_id in streams}
    for start, end, stream_id, person in found:
        track = tracks.setdefault(person, TrackId(f"S{len(tracks) + 1}"))
        turns[stream_id].append(SpeakerTurn(stream=stream_id, span=Span(start, end), track=track))
    return Diarization(
        turns={stream_id: tuple(of_stream) for stream_id, of_stream in turns.items()},
        centroids={
            track: np.array(people[person], dtype=np.float32) for person, track in tracks.items()
        },
    )


class _Progress:
    """Maps the progress of one step on to that of the whole, and stops when asked to."""

    def __init__(
        self, on_progress: Callable[[float], None] | None, cancel: threading.Event | None
    ) -> None:
        self._on_progress = on_progress
        self._cancel = cancel
        self._start = 0.0
        self._share = 1.0

    def begin(self, start: float, share: float) -> None:
        self._start, self._share = start, share

    def report(self, done: float) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled
        if self._on_progress is not None:
            self._on_progress(min(1.0, self._start + self._share * done))
