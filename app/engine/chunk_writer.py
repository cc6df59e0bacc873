"""Chunks of a finished recording → who said which words, side by side and in their order.

Each worker takes one chunk through everything: decode, attribute, take overlaps apart. So two
cores have work until the last chunk, whatever the shares of the steps.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from app.domain.errors import Cancelled
from app.domain.ids import StreamId, TrackId
from app.domain.messages import SpeakerTurn
from app.domain.ports import AsrModel, AsrRequest, Reading
from app.domain.units import Span
from app.engine.confidence import ConfidenceCurve
from app.engine.rescue import OverlapRescue
from app.engine.spool_view import SpoolView
from app.pipeline.attribute import Piece, attribute, turn_shares
from app.pipeline.belief import believed
from app.pipeline.chunks import Chunk
from app.pipeline.readings import SecondLooks

BEAM_SIZE = 5
CHUNKS_AT_ONCE = 2
"""One core each: more than twice the pace of one decode on two cores (docs/measurements.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One chunk's text.

    Attributes:
        pieces: In the session's time, attributed to tracks.
        language: What was heard or asked for.
        readings: Of doubtful words in the pieces.
    """

    stream: StreamId
    chunk: Chunk
    pieces: tuple[Piece[TrackId], ...]
    language: str | None
    readings: tuple[Reading, ...] = ()


class ChunkWriter:
    """Writes the chunks of a recording whose turns are known.

    Args:
        rescue: None leaves one text where two people talk at once.
        unsure: Per stream, where the voice activity model opened the gate without being sure.
        confidence: Makes the probabilities of words honest.
        is_guarded: Leave out what looks invented.
    """

    def __init__(
        self,
        asr: AsrModel,
        views: Mapping[StreamId, SpoolView],
        turns: Mapping[StreamId, Sequence[SpeakerTurn]],
        rescue: OverlapRescue | None,
        *,
        unsure: Mapping[StreamId, Sequence[Span]] | None = None,
        confidence: ConfidenceCurve | None = None,
        is_guarded: bool = True,
    ) -> None:
        self._asr = SecondLooks(asr)
        self._unsure = unsure or {}
        self._confidence = confidence or ConfidenceCurve()
        self._is_guarded = is_guarded
        self._views = views
        self._rescue = rescue
        self._turns = {
            stream: [(turn.span, turn.track) for turn in of_stream if turn.track is not None]
            for stream, of_stream in turns.items()
        }

    def write(self, stream: StreamId, chunk: Chunk, language: str | None) -> Written:
        """Decode one chunk and say who said what; callable from several threads at once."""
        request = AsrRequest(
            language=language,
            beam_size=BEAM_SIZE,
            wants_word_times=True,
            wants_full_context=True,
            is_guarded=self._is_guarded,
        )
        view = self._views[stream]
        result = chunk.place(self._asr.transcribe(chunk.audio(view.read), request))
        words = self._confidence.of_words(believed(result.words, self._unsure.get(stream, ())))
        turns = self._turns.get(stream, [])
        pieces = attribute(words, turn_shares(turns, words))
        if self._rescue is not None:
            request = replace(request, language=result.language)
            pieces = self._rescue.rewrite(view, chunk, pieces, turns, request)
        return Written(
            stream=stream,
            chunk=chunk,
            pieces=tuple(pieces),
            language=result.language,
            readings=result.readings,
        )

    def write_all(
        self,
        chunks: Sequence[tuple[StreamId, Chunk]],
        language: str | None,
        cancel: threading.Event,
    ) -> Iterator[Written]:
        """Write several chunks at once and give them in their order.

        Args:
            language: None takes that of the first chunk with words for all that follow.

        Raises:
            Cancelled: `cancel` was set; what was given stands.
        """
        waiting = deque(chunks)
        running: deque[Future[Written]] = deque()
        pool = ThreadPoolExecutor(CHUNKS_AT_ONCE, thread_name_prefix="final-chunk")
        try:
            while waiting or running:
                ahead = 1 if language is None else CHUNKS_AT_ONCE + 1
                while waiting and len(running) < ahead:
                    running.append(pool.submit(self.write, *waiting.popleft(), language))
                check(cancel)
                written = running.popleft().result()
                if language is None and written.pieces:
                    language = written.language
                yield written
        finally:
            pool.shutdown(cancel_futures=True)


def check(cancel: threading.Event) -> None:
    """Stop the final pass where the user asked for it.

    Raises:
        Cancelled: `cancel` is set.
    """
    if cancel.is_set():
        raise Cancelled("The final pass was stopped; what it had done is kept.")
