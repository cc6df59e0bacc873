"""Tells what a decoder invented from what it heard, by the shape of its output alone."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

MIN_WORD_S = 0.03
MIN_LOOP_WORDS = 3


def compression_ratio(text: str) -> float:
    """How much shorter zlib makes `text`; above 2.4 it repeats itself (Whisper's own measure)."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def has_repetition(text: str, *, min_repeats: int = 4, max_period: int = 8) -> bool:
    """Whether one group of up to `max_period` words follows itself `min_repeats` times."""
    words = text.lower().split()
    for period in range(1, max_period + 1):
        run = 0
        for i in range(period, len(words)):
            run = run + 1 if words[i] == words[i - period] else 0
            if run >= period * (min_repeats - 1):
                return True
    return False


def count_heard(texts: Sequence[str], durations_s: Sequence[float]) -> int:
    """How many leading words were heard; those behind them are a loop's.

    A decoder that goes on behind the last word says what it has said again, and the alignment can
    place such words nowhere: many of them share one moment. They are cut off where three or more
    words in a row that have no length repeat what stands before them, and where two or more
    without length end the text; one word without length may be real, cut by the end of the audio.
    """
    bare = ["".join(c for c in text.casefold() if c.isalnum()) for text in texts]
    count = len(texts)
    for start in range(1, count):
        end = start
        while end < count and durations_s[end] < MIN_WORD_S:
            end += 1
        said_at = _find(bare[:start], bare[start:end]) if end - start >= MIN_LOOP_WORDS else None
        if said_at is not None:
            # The loop's first words may have been given a little of the sound.
            while said_at > 0 and bare[said_at - 1] == bare[start - 1]:
                said_at, start = said_at - 1, start - 1
            count = start
            break
    end = count
    while end and durations_s[end - 1] < MIN_WORD_S:
        end -= 1
    return count if count - end < 2 else end


def _find(words: Sequence[str], part: Sequence[str]) -> int | None:
    """Where the first words of `part`, as many as make a loop, stand last in `words`."""
    head = list(part[:MIN_LOOP_WORDS])
    places = range(len(words) - MIN_LOOP_WORDS, -1, -1)
    return next((i for i in places if list(words[i : i + MIN_LOOP_WORDS]) == head), None)
