"""Speech stretches → decoder-sized chunks, with a map back to the session's time line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.domain.messages import Float32Array, Word
from app.domain.ports import AsrResult
from app.domain.units import SESSION_RATE_HZ, Span

MAX_CHUNK_S = 28.0
MAX_PAUSE_S = 1.0
"""A longer pause inside a chunk is shortened to this: the decoder need not hear silence."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Stretches of one stream that are decoded together; pauses between them may be cut short.

    Attributes:
        pieces: In time order, not overlapping; consecutive in the decoder's time.
    """

    pieces: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """From the first stretch's start to the last one's end."""
        return Span(self.pieces[0].start, self.pieces[-1].end)

    @property
    def length(self) -> int:
        """Samples to decode."""
        return sum(piece.length for piece in self.pieces)

    def audio(self, read: Callable[[int, int], Float32Array]) -> Float32Array:
        """Everything to decode as one array."""
        return np.concatenate([read(piece.start, piece.end) for piece in self.pieces])

    def place(self, result: AsrResult) -> AsrResult:
        """What was decoded of this chunk, in the session's time."""
        return replace(
            result,
            words=self._placed(result.words),
            readings=tuple(
                replace(reading, words=self._placed(reading.words)) for reading in result.readings
            ),
        )

    def _placed(self, words: Sequence[Word]) -> tuple[Word, ...]:
        return tuple(replace(word, span=self.to_session(word.span)) for word in words)

    def to_session(self, span: Span) -> Span:
        """Map a span in the decoder's time to the session's.

        A span that touches two stretches is placed in the one that holds most of it; an empty one,
        or one behind the audio, in the last stretch that begins before it.
        """
        offset = 0
        best, best_common = self.pieces[0], -1
        best_offset = 0
        for piece in self.pieces:
            common = span.overlap(Span(offset, offset + piece.length))
            if common > best_common or (common == best_common == 0 and span.start >= offset):
                best, best_common, best_offset = piece, common, offset
            offset += piece.length
        return span.shift(best.start - best_offset).clip(best)


def pack(spans: Sequence[Span], *, max_s: float = MAX_CHUNK_S) -> list[Chunk]:
    """Join neighbouring stretches of speech up to `max_s`; a longer one is a chunk of its own.

    Args:
        spans: In time order, not overlapping.
    """
    limit = int(max_s * SESSION_RATE_HZ)
    pause = int(MAX_PAUSE_S * SESSION_RATE_HZ)
    chunks: list[Chunk] = []
    pieces: list[Span] = []
    length = 0
    for span in spans:
        if span.length == 0:
            continue
        gap = span.start - pieces[-1].end if pieces else 0
        if pieces and length + min(gap, pause) + span.length > limit:
            chunks.append(Chunk(tuple(pieces)))
            pieces, length, gap = [], 0, 0
        if not pieces:
            pieces.append(span)
        elif gap <= pause:
            pieces[-1] = Span(pieces[-1].start, span.end)
        else:
            last = pieces[-1]
            pieces[-1] = Span(last.start, last.end + pause // 2)
            pieces.append(Span(span.start - pause // 2, span.end))
        length = sum(piece.length for piece in pieces)
    if pieces:
        chunks.append(Chunk(tuple(pieces)))
    return chunks
