"""Slides the segmentation over whole streams and embeds the voices that each window holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.domain.messages import Float32Array
from app.domain.ports import EmbeddingModel, SegmentationModel
from app.domain.units import SESSION_RATE_HZ

BoolArray = npt.NDArray[np.bool_]

WINDOW_SAMPLES = 10 * SESSION_RATE_HZ
"""What segmentation-3.0 is trained on."""
STEP_S = 1.0
EMBED_EVERY = 2
"""Windows from one that is embedded to the next; the others take their voices from these."""
BATCH_WINDOWS = 8
ACTIVE = 0.5
EMBED_MAX_S = 6.0
"""A longer stretch of one voice costs more and tells no more."""
EMBED_MIN_S = 0.4
"""Below it, overlapped speech is taken too; see `docs/measurements.md`, "Final diarization"."""


class StreamSamples(Protocol):
    """Random access to one stream at 16 kHz, such as a memory map of its spool."""

    def __len__(self) -> int:
        """Samples that may be read."""
        ...

    def read(self, start: int, end: int) -> Float32Array:
        """float32 samples [start, end) in [-1, 1]; cut at the end of the stream."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalVoice:
    """One voice inside one window.

    Attributes:
        window: Index of the window in its `StreamActivity`.
        local: Column of the window's activity.
        clean_s: Seconds in which nobody else talks.
        vector: Embedding, unit length; None when there is too little speech.
    """

    window: int
    local: int
    clean_s: float
    vector: Float32Array | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamActivity:
    """What the segmentation says about one stream.

    Attributes:
        first_frames: Per window, its first frame on the stream's frame grid.
        local_activity: uint8 (windows, frames, local speakers), 255 for certain.
        frame_step: Samples from one frame to the next.
        frame_offset: From the first sample of a window to the middle of its first frame.
        frame_count: Frames of the whole stream.
        voices: The voices of every `EMBED_EVERY`th window.
    """

    first_frames: tuple[int, ...]
    local_activity: npt.NDArray[np.uint8]
    frame_step: int
    frame_offset: int
    frame_count: int
    voices: tuple[LocalVoice, ...]

    @property
    def frame_s(self) -> float:
        """Seconds per frame."""
        return self.frame_step / SESSION_RATE_HZ

    def window_activity(self, window: int) -> Float32Array:
        """The activity of one window, float32 (frames, local speakers) in [0, 1]."""
        activity: Float32Array = self.local_activity[window] / np.float32(255)
        return activity

    def start_sample(self, frame: int) -> int:
        """The first sample of a frame, half a step before its middle."""
        return max(0, frame * self.frame_step + self.frame_offset - self.frame_step // 2)


def analyse_stream(
    samples: StreamSamples,
    segmentation: SegmentationModel,
    embedding: EmbeddingModel,
    on_progress: Callable[[float], None],
) -> StreamActivity:
    """Run segmentation and embedding over one stream, reading it window by window.

    Args:
        samples: At least one sample; a stream shorter than a second is padded with silence.
        on_progress: Called with the share done, in [0, 1]; may raise to stop the work.
    """
    probe = _window(samples, 0, min(max(len(samples), SESSION_RATE_HZ), WINDOW_SAMPLES))
    first, frame_step = segmentation.activity(probe)
    frames_per_window = len(first)
    offset = (len(probe) - (frames_per_window - 1) * frame_step) // 2
    first_frames = tuple(_window_frames(len(samples), len(probe), frame_step))
    activity = np.zeros((len(first_frames), frames_per_window, first.shape[1]), dtype=np.uint8)
    voices: list[LocalVoice] = []
    for begin in range(0, len(first_frames), BATCH_WINDOWS):
        batch = range(begin, min(begin + BATCH_WINDOWS, len(first_frames)))
        windows = np.stack(
            [_window(samples, first_frames[i] * frame_step, len(probe)) for i in batch]
        )
        probabilities, _ = segmentation.activity_batch(windows)
        activity[batch.start : batch.stop] = np.rint(np.clip(probabilities, 0, 1) * 255)
        for i, window in zip(batch, windows, strict=True):
            if i % EMBED_EVERY == 0 or i == len(first_frames) - 1:
                local = probabilities[i - begin]
                voices.extend(_embed_window(i, window, local, frame_step, offset, embedding))
        on_progress(batch.stop / len(first_frames))
    return StreamActivity(
        first_frames=first_frames,
        local_activity=activity,
        frame_step=frame_step,
        frame_offset=offset,
        frame_count=first_frames[-1] + frames_per_window,
        voices=tuple(voices),
    )


def runs(mask: BoolArray) -> Iterator[tuple[int, int]]:
    """The half-open intervals in which a mask (n,) is true."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield int(start), int(end)


def _window_frames(sample_count: int, window_samples: int, frame_step: int) -> list[int]:
    """First frames of the windows; the last window ends at the end of the stream."""
    step = max(1, round(STEP_S * SESSION_RATE_HZ / frame_step))
    last = max(0, -(-(sample_count - window_samples) // frame_step))
    return [*range(0, last, step), last]


def _window(samples: StreamSamples, start: int, length: int) -> Float32Array:
    piece = samples.read(start, start + length)
    return np.pad(piece, (0, length - len(piece)))


def _embed_window(
    index: int,
    samples: Float32Array,
    activity: Float32Array,
    frame_step: int,
    offset: int,
    embedding: EmbeddingModel,
) -> Iterator[LocalVoice]:
    is_active = activity > ACTIVE
    is_alone = is_active.sum(axis=1) == 1
    for local in np.flatnonzero(is_active.any(axis=0)):
        clean = is_active[:, local] & is_alone
        clean_s = float(clean.sum() * frame_step / SESSION_RATE_HZ)
        mask = clean if clean_s >= EMBED_MIN_S else is_active[:, local]
        speech = _cut(samples, mask, frame_step, offset)
        vector = embedding.embed(speech) if len(speech) >= embedding.MIN_SAMPLES else None
        yield LocalVoice(window=index, local=int(local), clean_s=clean_s, vector=vector)


def _cut(samples: Float32Array, mask: BoolArray, frame_step: int, offset: int) -> Float32Array:
    """Join the longest stretches under a frame mask, `EMBED_MAX_S` at most."""
    pieces: list[Float32Array] = []
    room = round(EMBED_MAX_S * SESSION_RATE_HZ)
    base = offset - frame_step // 2
    for start, end in sorted(runs(mask), key=lambda run: run[0] - run[1]):
        first = max(0, start * frame_step + base)
        piece = samples[first : min(end * frame_step + base, first + room)]
        pieces.append(piece)
        room -= len(piece)
        if room <= 0:
            break
    return np.concatenate(pieces)
