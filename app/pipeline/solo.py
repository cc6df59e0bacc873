"""One person of an overlap as if alone, for listening."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.domain.ids import TrackId
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ, Span
from app.pipeline import exemplars
from app.pipeline.separate import Turns, solo_spans, voice_of

Read = Callable[[int, int], Float32Array]
"""Returns samples [start, end) of a stream."""


def alone(read: Read, spans: Sequence[Span]) -> Float32Array:
    """As much of the spans as there is to learn a voice from, the longest first; float32 (n,)."""
    pieces: list[Float32Array] = []
    left = int(exemplars.LEARN_S * SESSION_RATE_HZ)
    for span in sorted(spans, key=lambda span: -span.length):
        pieces.append(read(span.start, span.start + min(span.length, left)))
        left -= len(pieces[-1])
        if left <= 0:
            break
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)


def solo(read: Read, span: Span, track: TrackId, turns: Turns) -> Float32Array | None:
    """What one person says in a stretch, without those who talk at the same time.

    Voices are told apart by what each sounds like alone elsewhere in the recording.

    Args:
        turns: Of the whole stream, in time order.

    Returns:
        float32 (span.length,), silent where the person does not talk; None where one of the
        voices is not heard alone for long enough.
    """
    near = [turn for turn in turns if turn[0].overlap(span)]
    others = sorted({other for _, other in near} - {track})
    mixture = read(span.start, span.end)
    if not others:
        return mixture
    learned = [exemplars.learn(alone(read, solo_spans(turns, who))) for who in (track, *others)]
    voices = [voice for voice in learned if voice is not None]
    if len(voices) < len(learned):
        return None
    source = exemplars.separate(mixture, voices)[0]
    return voice_of(mixture, source, Span(span.start, span.start + len(mixture)), near, track)
