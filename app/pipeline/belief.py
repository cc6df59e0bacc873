"""Words that nothing vouches for are none: neither the voice activity model nor the recogniser.

A sneeze or a cat may open the gate, and the recogniser then writes something. Such sounds never
make the voice activity model sure, while all but a few quiet words do; and of those the recogniser
is surer than of what it invents. Both bounds are measured (docs/measurements.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.domain.messages import Word
from app.domain.units import SESSION_RATE_HZ, Span

MIN_BELIEF = 0.35
"""Where the gate was never sure, words are kept if their first and their mean are as probable."""
MIN_WEIGHED = SESSION_RATE_HZ // 50
"""Shorter words count nothing in that mean: an alignment found no sound for them."""


def believed(words: Sequence[Word], unsure: Iterable[Span]) -> tuple[Word, ...]:
    """`words` without those of stretches in which neither model believes.

    Args:
        words: As the recogniser gave them, its own probabilities included; a word without one
            is believed.
        unsure: Stretches in which the voice activity model never was sure.
    """
    dropped: set[int] = set()
    for span in unsure:
        inside = [i for i, word in enumerate(words) if span.contains(word.span.middle)]
        if inside and _belief([words[i] for i in inside]) < MIN_BELIEF:
            dropped.update(inside)
    return tuple(word for i, word in enumerate(words) if i not in dropped)


def _belief(words: Sequence[Word]) -> float:
    """Mean probability, each word weighing as much as it lasts; at most that of the first.

    Words are likely behind others: only the first of a made-up sentence is judged by sound alone.
    """
    lengths = [w.span.length if w.span.length >= MIN_WEIGHED else 0 for w in words]
    if any(word.probability is None for word in words):
        return 1.0
    total = sum(n * (w.probability or 0.0) for w, n in zip(words, lengths, strict=True))
    mean = total / sum(lengths) if any(lengths) else 0.0
    return min(mean, words[0].probability or 0.0)
