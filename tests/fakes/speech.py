"""Words, turns and pieces for tests of the pipeline."""

from __future__ import annotations

from app.domain.ids import StreamId, TrackId
from app.domain.messages import SpeakerTurn, Word
from app.domain.units import Span
from app.pipeline.attribute import Piece, Voice


def make_word(text: str, start_s: float, end_s: float | None = None) -> Word:
    """A word of 0.3 s, unless said otherwise."""
    return Word(
        text=text, span=Span.from_seconds(start_s, start_s + 0.3 if end_s is None else end_s)
    )


def make_words(text: str, start_s: float = 0.0, *, step_s: float = 0.4) -> tuple[Word, ...]:
    """The words of `text`, 0.3 s each, one every `step_s`."""
    return tuple(make_word(word, start_s + i * step_s) for i, word in enumerate(text.split()))


def make_piece(voice: Voice | None, words: tuple[Word, ...]) -> Piece[Voice]:
    return Piece(voice=voice, words=words, has_overlap=False)


def make_turn(
    track: str, start_s: float, end_s: float, stream: StreamId = StreamId.SYSTEM
) -> SpeakerTurn:
    return SpeakerTurn(stream=stream, span=Span.from_seconds(start_s, end_s), track=TrackId(track))


def texts(words: tuple[Word, ...]) -> str:
    """What the words say."""
    return " ".join(word.text for word in words)
