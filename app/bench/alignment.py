"""Pairs spoken words with written words by their text and their time."""

from __future__ import annotations

from collections.abc import Sequence

from app.bench.text import Token

CLOSENESS_WEIGHT = 1e-3
"""How much nearness in time counts against one more pair: it only decides between equals."""


def match_tokens(
    spoken: Sequence[Token], written: Sequence[Token], *, collar_s: float
) -> tuple[tuple[int, int], ...]:
    """Pair equal tokens in order, as many as possible, the nearest in time where there is a choice.

    Args:
        spoken, written: In the order of the text.
        collar_s: How far the middles of a pair may be apart.

    Returns:
        Pairs of indices, rising on both sides. Time: quadratic in the count of equal tokens that
        are near enough; a thousand words against themselves are no problem.
    """
    places: dict[str, list[int]] = {}
    for j, token in enumerate(written):
        places.setdefault(token.text, []).append(j)
    candidates = []
    for i, token in enumerate(spoken):
        for j in places.get(token.text, ()):
            apart_s = abs(token.middle_s - written[j].middle_s)
            if apart_s <= collar_s:
                closeness = 1.0 - apart_s / collar_s if collar_s > 0 else 1.0
                candidates.append((i, j, 1.0 + CLOSENESS_WEIGHT * closeness))
    best: list[float] = []
    previous: list[int] = []
    for index, (i, j, weight) in enumerate(candidates):
        score, before = 0.0, -1
        for earlier in range(index):
            other_i, other_j, _ = candidates[earlier]
            if other_i < i and other_j < j and best[earlier] > score:
                score, before = best[earlier], earlier
        best.append(score + weight)
        previous.append(before)
    pairs = []
    at = max(range(len(best)), key=best.__getitem__, default=-1)
    while at >= 0:
        pairs.append(candidates[at][:2])
        at = previous[at]
    return tuple(reversed(pairs))
