"""Overlap rescue without models: where to take voices apart, whose is which, what replaces what.

An island is the stretch that is written anew: one overlap of two people, or several close ones,
out to the next gap between words. Outside of it the plain text stays.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from app.domain.ids import TrackId
from app.domain.messages import Float32Array, Word
from app.domain.units import SESSION_RATE_HZ, Span
from app.pipeline.attribute import Piece

MIN_OVERLAP_S = 0.4
"""A shorter overlap holds less than two words."""
JOIN_S = 1.5
"""Overlaps of the same two people that are closer than this are one island."""
MAX_ISLAND_S = 20.0
MAX_THIRD_S = 0.3
"""More of a third voice than this, and two sources are too few."""
EDGE_MIN_S, EDGE_MAX_S = 0.5, 4.0
"""From an overlap to the gap between words at which its island ends."""
GAP_S = 0.15
"""A pause in which two words surely do not touch."""
CONTEXT_S = 2.0
"""Heard by the separation model on both sides of an island."""
FADE_S = 0.02
BLEND_WINDOW = 512
MAX_PAUSE_S = 1.2
"""As in `replace.split_pieces`: a longer pause ends what one person says."""

Turns = Sequence[tuple[Span, TrackId]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Island:
    """One stretch with overlapping speech of two people.

    Attributes:
        span: What is written anew; its ends lie between words.
        overlaps: Where both talk, in time order.
    """

    span: Span
    overlaps: tuple[Span, ...]
    tracks: tuple[TrackId, TrackId]

    @property
    def core(self) -> Span:
        """From the first overlap's start to the last one's end."""
        return Span(self.overlaps[0].start, self.overlaps[-1].end)


def find_islands(turns: Turns, words: Sequence[Word], within: Span) -> tuple[Island, ...]:
    """The overlaps inside `within` that two sources can explain.

    Args:
        turns: Who talks when, of one stream; in time order.
        words: The plain text of `within`, in time order.
    """
    groups: list[tuple[list[Span], tuple[TrackId, TrackId]]] = []
    for overlap, tracks in _overlaps(turns, within):
        last = groups[-1] if groups else None
        if (
            last is not None
            and last[1] == tracks
            and overlap.start - last[0][-1].end < JOIN_S * SESSION_RATE_HZ
            and overlap.end - last[0][0].start < MAX_ISLAND_S * SESSION_RATE_HZ
        ):
            last[0].append(overlap)
        else:
            groups.append(([overlap], tracks))
    islands: list[Island] = []
    for overlaps, tracks in groups:
        core = Span(overlaps[0].start, overlaps[-1].end)
        if core.length > MAX_ISLAND_S * SESSION_RATE_HZ:
            continue
        if _third_voice(turns, core, tracks) > MAX_THIRD_S * SESSION_RATE_HZ:
            continue
        span = Span(_edge_before(words, core, within), _edge_after(words, core, within))
        if islands and span.start < islands[-1].span.end:
            span = Span(islands[-1].span.end, max(span.end, islands[-1].span.end))
            if span.start > core.start:
                continue
        islands.append(Island(span=span, overlaps=tuple(overlaps), tracks=tracks))
    return tuple(islands)


def _overlaps(turns: Turns, within: Span) -> list[tuple[Span, tuple[TrackId, TrackId]]]:
    ordered = sorted((turn for turn in turns if turn[0].overlap(within)), key=lambda t: t[0])
    found = []
    for i, (one, a) in enumerate(ordered):
        for two, b in ordered[i + 1 :]:
            if two.start >= one.end:
                break
            both = Span(max(one.start, two.start), min(one.end, two.end)).clip(within)
            if a != b and both.length >= MIN_OVERLAP_S * SESSION_RATE_HZ:
                found.append((both, (min(a, b), max(a, b))))
    return sorted(found)


def _third_voice(turns: Turns, core: Span, tracks: tuple[TrackId, TrackId]) -> int:
    return sum(span.overlap(core) for span, track in turns if track not in tracks)


def _edge_before(words: Sequence[Word], core: Span, within: Span) -> int:
    nearest = core.start - round(EDGE_MIN_S * SESSION_RATE_HZ)
    farthest = core.start - round(EDGE_MAX_S * SESSION_RATE_HZ)
    gaps = [
        (one.span.end, two.span.start)
        for one, two in itertools.pairwise(words)
        if farthest < one.span.end <= nearest
    ]
    if not gaps:
        before = [word.span.end for word in words if word.span.end <= nearest]
        return max(within.start, before[-1] if before and before[-1] > farthest else farthest)
    wide = [gap for gap in gaps if gap[1] - gap[0] >= GAP_S * SESSION_RATE_HZ]
    start, end = (wide or gaps)[-1]
    return max(within.start, (start + min(end, core.start)) // 2)


def _edge_after(words: Sequence[Word], core: Span, within: Span) -> int:
    nearest = core.end + round(EDGE_MIN_S * SESSION_RATE_HZ)
    farthest = core.end + round(EDGE_MAX_S * SESSION_RATE_HZ)
    gaps = [
        (one.span.end, two.span.start)
        for one, two in itertools.pairwise(words)
        if nearest <= two.span.start < farthest
    ]
    if not gaps:
        after = [word.span.start for word in words if word.span.start >= nearest]
        return min(within.end, after[0] if after and after[0] < farthest else farthest)
    wide = [gap for gap in gaps if gap[1] - gap[0] >= GAP_S * SESSION_RATE_HZ]
    start, end = (wide or gaps)[0]
    return min(within.end, (max(start, core.end) + end) // 2)


# --- whose source is which -------------------------------------------------------------------


def solo_evidence_db(sources: Float32Array, span: Span, turns: Turns, island: Island) -> float:
    """How much the sources' levels, where one person talks alone, speak for the order given.

    Args:
        sources: float32 (2, n) over `span`; the first is to be that of `island.tracks[0]`.

    Returns:
        Mean of the level differences in dB, each at most 20; negative speaks for the other order;
        0 without a second of solo speech.
    """
    total, weight = 0.0, 0
    for own, track in enumerate(island.tracks):
        alone = _alone(turns, track, span)
        if alone.sum() < SESSION_RATE_HZ // 4:
            continue
        mine = float((sources[own][alone] ** 2).mean()) + 1e-10
        other = float((sources[1 - own][alone] ** 2).mean()) + 1e-10
        size = int(alone.sum())
        total += size * float(np.clip(10 * np.log10(mine / other), -20, 20))
        weight += size
    return total / weight if weight else 0.0


def blend(sources: Float32Array) -> float:
    """How much two sources are alike over time and frequency: 0 apart, 1 the same.

    Voices that are apart seldom have energy in the same place: about 0.05 to 0.15 in clean speech.

    Args:
        sources: float32 (2, n), where both people talk.
    """
    size = BLEND_WINDOW
    if sources.shape[1] < size:
        return 1.0
    frames = np.lib.stride_tricks.sliding_window_view(sources, size, axis=1)[:, :: size // 2]
    power = np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32), axis=2)) ** 2
    return float(power.min(axis=0).sum() / (power.max(axis=0).sum() + 1e-12))


def solo_spans(turns: Turns, track: TrackId) -> list[Span]:
    """Where one person talks and nobody else does, in time order.

    Args:
        turns: Of one stream, in time order.
    """
    others = [span for span, other in turns if other != track]
    found = []
    for span, own in turns:
        if own != track:
            continue
        start = span.start
        for other in others:
            if other.end <= start or other.start >= span.end:
                continue
            if other.start > start:
                found.append(Span(start, other.start))
            start = max(start, other.end)
        if start < span.end:
            found.append(Span(start, span.end))
    return found


def _active(turns: Turns, track: TrackId, span: Span) -> np.ndarray:
    active = np.zeros(span.length, dtype=bool)
    for turn, other in turns:
        if other == track and turn.overlap(span):
            part = turn.clip(span)
            active[part.start - span.start : part.end - span.start] = True
    return active


def _alone(turns: Turns, track: TrackId, span: Span) -> np.ndarray:
    alone = _active(turns, track, span)
    for other in {other for _, other in turns} - {track}:
        alone &= ~_active(turns, other, span)
    return alone


def voice_of(
    mixture: Float32Array, source: Float32Array, span: Span, turns: Turns, track: TrackId
) -> Float32Array:
    """One person as if alone: the mixture where they are, the source where somebody joins in.

    Where they do not talk there is silence.

    Args:
        mixture, source: float32 (n,) over `span`.
    """
    own = _active(turns, track, span)
    alone = _alone(turns, track, span)
    size = max(1, round(FADE_S * SESSION_RATE_HZ))
    kernel = np.ones(size, dtype=np.float32) / size
    of_mixture = np.convolve(alone.astype(np.float32), kernel, mode="same")
    of_source = np.convolve((own & ~alone).astype(np.float32), kernel, mode="same")
    voice: Float32Array = (mixture * of_mixture + source * of_source).astype(np.float32)
    return voice


# --- what replaces what ----------------------------------------------------------------------


def once(
    first: Sequence[Word], second: Sequence[Word], is_first: Callable[[Span], bool]
) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Leave words that both voices have at the same moment in one of them.

    Args:
        is_first: Whether the first voice is the louder one in a span.
    """
    gone_first: set[int] = set()
    gone_second: set[int] = set()
    for i, word in enumerate(first):
        j = _same(word, second, gone_second)
        if j is None:
            continue
        if is_first(word.span.hull(second[j].span)):
            gone_second.add(j)
        else:
            gone_first.add(i)
    return (
        tuple(word for i, word in enumerate(first) if i not in gone_first),
        tuple(word for j, word in enumerate(second) if j not in gone_second),
    )


def _same(word: Word, others: Sequence[Word], gone: AbstractSet[int]) -> int | None:
    plain = _letters(word.text)
    for j, other in enumerate(others):
        if j not in gone and _letters(other.text) == plain and other.span.overlap(word.span):
            return j
    return None


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def weave(
    plain: Sequence[Piece[TrackId]],
    islands: Sequence[Island],
    voices: Sequence[Mapping[TrackId, Sequence[Word]]],
) -> tuple[Piece[TrackId], ...]:
    """Put the words of the voices in the place of the plain ones inside the islands.

    What one person says stays one piece across the border of an island.

    Args:
        plain: The pieces of a chunk, attributed, in time order.
        voices: Per island, the words of each person.
    """
    said: dict[TrackId | None, list[tuple[Word, bool]]] = {}
    for piece in plain:
        for word in piece.words:
            if not any(island.span.contains(word.span.middle) for island in islands):
                said.setdefault(piece.voice, []).append((word, piece.has_overlap))
    for island, by_track in zip(islands, voices, strict=True):
        for track, words in by_track.items():
            for word in words:
                is_crowded = any(word.span.overlap(part) for part in island.overlaps)
                said.setdefault(track, []).append((word, is_crowded))
    everything = sorted(
        (word.span.middle, voice is not None, voice or "")
        for voice, marked in said.items()
        for word, _ in marked
    )
    pieces: list[Piece[TrackId]] = []
    for voice, marked in said.items():
        marked.sort(key=lambda pair: (pair[0].span.start, pair[0].span.end))
        start = 0
        for i in range(1, len(marked) + 1):
            if i < len(marked) and not _is_cut(marked[i - 1][0], marked[i][0], voice, everything):
                continue
            part = marked[start:i]
            pieces.append(
                Piece(
                    voice=voice,
                    words=tuple(word for word, _ in part),
                    has_overlap=any(is_crowded for _, is_crowded in part),
                )
            )
            start = i
    return tuple(sorted(pieces, key=lambda piece: piece.span))


def _is_cut(
    one: Word,
    two: Word,
    voice: TrackId | None,
    everything: Sequence[tuple[int, bool, str]],
) -> bool:
    """Whether somebody else's words stand in the pause between two words of one person."""
    pause = two.span.start - one.span.end
    if pause > MAX_PAUSE_S * SESSION_RATE_HZ:
        return True
    return any(
        one.span.end <= middle < two.span.start and other != (voice or "")
        for middle, _, other in everything
    )
