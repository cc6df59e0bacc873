"""Words × voice activity → who said each word.

A voice is whatever the caller follows: a chain id in the live path, a track after the meeting.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.domain.ids import TrackId
from app.domain.messages import Word
from app.domain.units import SESSION_RATE_HZ, Span
from app.pipeline.activity import ActivityStitcher

Voice = TypeVar("Voice", bound=Hashable)

WORD_MARGIN = int(0.06 * SESSION_RATE_HZ)
"""Recognisers place words within about 80 ms."""
KEEP_SHARE = 0.8
MAX_INHERIT_GAP = int(1.0 * SESSION_RATE_HZ)
ISLAND_MIN_SHARE = 0.5
"""A lone word between two of the same voice is another's only if that one fills half of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece(Generic[Voice]):
    """Consecutive words of one voice; None when nobody was heard."""

    voice: Voice | None
    words: tuple[Word, ...]
    has_overlap: bool

    @property
    def span(self) -> Span:
        """From the first word's start to the last word's end."""
        return Span(self.words[0].span.start, self.words[-1].span.end)


def chain_shares(stitcher: ActivityStitcher, words: Sequence[Word]) -> list[dict[int, float]]:
    """Per word, which part of it each chain talks, in (0, 1]; silent chains are left out."""
    heard = []
    for word in words:
        wide = _widened(word.span)
        talk = {
            chain.chain_id: sum(turn.length for turn in stitcher.turns(chain, wide, max_gap_s=0.0))
            for chain in stitcher.chains.values()
        }
        heard.append({voice: n / wide.length for voice, n in talk.items() if n})
    return heard


def join_chains(
    heard: Sequence[Mapping[int, float]],
    track_of: Callable[[int], TrackId | None],
    previous: int | None,
) -> tuple[list[dict[int, float]], int | None]:
    """Let one chain speak for all chains of its track, so that no line breaks inside a turn.

    Args:
        heard: Per word, the share of each chain.
        previous: The chain of the word before.

    Returns:
        Both with the chain that talks most of each track in place of the others.
    """
    totals: dict[int, float] = {}
    for share in heard:
        for chain_id, part in share.items():
            totals[chain_id] = totals.get(chain_id, 0.0) + part
    of_track: dict[TrackId, int] = {}
    for chain_id in sorted(totals, key=totals.__getitem__):
        track = track_of(chain_id)
        if track is not None:
            of_track[track] = chain_id

    def stands_for(chain_id: int) -> int:
        track = track_of(chain_id)
        return chain_id if track is None else of_track.get(track, chain_id)

    joined: list[dict[int, float]] = []
    for share in heard:
        own: dict[int, float] = {}
        for chain_id, part in share.items():
            chosen = stands_for(chain_id)
            own[chosen] = own.get(chosen, 0.0) + part
        joined.append(own)
    return joined, None if previous is None else stands_for(previous)


def turn_shares(
    turns: Iterable[tuple[Span, Voice]], words: Sequence[Word]
) -> list[dict[Voice, float]]:
    """Like `chain_shares`, for finished turns; both lists in time order."""
    ordered = sorted(turns, key=lambda turn: turn[0])
    heard: list[dict[Voice, float]] = []
    first = 0
    longest = max((span.length for span, _ in ordered), default=0)
    for word in words:
        wide = _widened(word.span)
        while first < len(ordered) and ordered[first][0].start + longest < wide.start:
            first += 1
        talk: dict[Voice, float] = {}
        for span, voice in ordered[first:]:
            if span.start >= wide.end:
                break
            common = span.overlap(wide)
            if common:
                talk[voice] = talk.get(voice, 0.0) + common / wide.length
        heard.append(talk)
    return heard


def attribute(
    words: Sequence[Word],
    heard: Sequence[Mapping[Voice, float]],
    *,
    previous: Voice | None = None,
) -> tuple[Piece[Voice], ...]:
    """Group words by the voice that was heard while they were said.

    Args:
        words: In time order, of one stream.
        heard: Per word, the share of each voice.
        previous: The voice of the word before, for words that nobody seems to say.

    Returns:
        Pieces in time order; together they hold every word once.
    """
    chosen: list[Voice | None] = []
    last = previous
    for i, (word, share) in enumerate(zip(words, heard, strict=True)):
        if share:
            top = max(share.values())
            # The present voice keeps the word unless another clearly fills more of it.
            if last is None or share.get(last, 0.0) < KEEP_SHARE * top:
                last = max(share, key=lambda voice: share[voice])
        elif i and word.span.start - words[i - 1].span.end > MAX_INHERIT_GAP:
            last = None
        chosen.append(last)
    _drop_islands(chosen, heard)
    _fill_leading(chosen)
    return _group(words, chosen, heard)


def _widened(span: Span) -> Span:
    return Span(max(span.start - WORD_MARGIN, 0), span.end + WORD_MARGIN)


def _drop_islands(chosen: list[Voice | None], heard: Sequence[Mapping[Voice, float]]) -> None:
    for i in range(1, len(chosen) - 1):
        before, here, after = chosen[i - 1], chosen[i], chosen[i + 1]
        if before == after and here != before and before is not None:
            share = heard[i].get(here, 0.0) if here is not None else 0.0
            if share < ISLAND_MIN_SHARE or heard[i].get(before, 0.0) >= ISLAND_MIN_SHARE:
                chosen[i] = before


def _fill_leading(chosen: list[Voice | None]) -> None:
    first = next((i for i, voice in enumerate(chosen) if voice is not None), None)
    if first:
        chosen[:first] = [chosen[first]] * first


def _group(
    words: Sequence[Word],
    chosen: list[Voice | None],
    heard: Sequence[Mapping[Voice, float]],
) -> tuple[Piece[Voice], ...]:
    pieces: list[Piece[Voice]] = []
    start = 0
    for i in range(1, len(words) + 1):
        if i < len(words) and chosen[i] == chosen[start]:
            continue
        crowded = sum(len(share) > 1 for share in heard[start:i])
        pieces.append(
            Piece(
                voice=chosen[start],
                words=tuple(words[start:i]),
                has_overlap=2 * crowded > i - start,
            )
        )
        start = i
    return tuple(pieces)
