"""Sliding segmentation windows → chains: one turn of one voice, followed through the windows.

A window's speakers are local to it. Two windows that share most of their audio agree on who is
who, up to a permutation; `ActivityStitcher` undoes it. A slot of the model goes on for as long as
it is heard at least once per window, but the model sometimes gives a slot to another person after
a pause; so a pause ends a chain, and the next chain of the slot only remembers its parent. Whether
both are one person is decided by the embedding, in `cluster.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from app.domain.ids import StreamId
from app.domain.messages import Float32Array, LocalActivity
from app.domain.units import SESSION_RATE_HZ, Span

ACTIVE = 0.5
TURN_GAP_S = 0.3
"""A pause after which a slot may have gone to somebody else."""
MAX_CHAIN_S = 4.0
"""A slot may go to somebody else without any pause; a longer turn is several chains."""
MIN_AGREEMENT_FRAMES = 3
"""About 50 ms of common activity: less is no evidence that two local speakers are one."""


@dataclass(slots=True)
class Chain:
    """One turn of one voice of one stream.

    Attributes:
        parent: The chain that the same slot of the model followed before, if any.
        first_frame: Frames before this belong to the parent.
    """

    chain_id: int
    stream: StreamId
    parent: int | None = None
    first_frame: int = 0
    last_active: int = -1
    scores: dict[int, tuple[float, int]] = field(default_factory=dict)
    """Frame index → (summed score, windows)."""

    def is_active(self, frame: int) -> bool:
        """Whether the windows' mean score says speech."""
        score = self.scores.get(frame)
        return score is not None and score[0] >= ACTIVE * score[1]


class ActivityStitcher:
    """All chains of one stream; keeps `memory_s` of the past."""

    def __init__(
        self, stream: StreamId, *, first_chain: itertools.count[int], memory_s: float = 90.0
    ) -> None:
        self._stream = stream
        self._ids = first_chain
        self._memory_s = memory_s
        self._step = 0
        self._slots: list[list[Chain] | None] = []
        self._previous: LocalActivity | None = None
        self.chains: dict[int, Chain] = {}
        self.analysed_until = 0

    def push(self, window: LocalActivity) -> tuple[int, ...]:
        """Take the next window; returns the ids of the chains that are active in it."""
        if self._step == 0:
            self._step = window.frame_step
        activity = window.activity
        slots = self._match(window)
        first_frame = round(window.span.start / self._step)
        active: list[int] = []
        for local in range(activity.shape[1]):
            column = activity[:, local]
            if not (column >= ACTIVE).any():
                slots[local] = None
                continue
            slot = slots[local] or []
            slots[local] = slot
            active.extend(self._follow(slot, column.tolist(), first_frame))
        self._slots = slots
        self._previous = window
        self.analysed_until = window.span.end
        self._forget(window.span.end)
        return tuple(active)

    def _follow(self, slot: list[Chain], column: list[float], first_frame: int) -> list[int]:
        """Give a window's frames of one slot to its chains; returns those that talk in them."""
        active: dict[int, None] = {}
        index = 0
        for frame, value in enumerate(column, start=first_frame):
            while index + 1 < len(slot) and slot[index + 1].first_frame <= frame:
                index += 1
            is_newest = index + 1 >= len(slot)
            if value >= ACTIVE and is_newest and self._is_new_turn(slot, frame):
                slot.append(self._new_chain(slot, frame))
                index = len(slot) - 1
            if not slot:
                continue
            chain = slot[index]
            total, count = chain.scores.get(frame, (0.0, 0))
            chain.scores[frame] = (total + value, count + 1)
            if value >= ACTIVE:
                chain.last_active = max(chain.last_active, frame)
                active[chain.chain_id] = None
        return list(active)

    def _is_new_turn(self, slot: list[Chain], frame: int) -> bool:
        if not slot:
            return True
        last = slot[-1]
        pause_s = (frame - last.last_active) * self._step / SESSION_RATE_HZ
        length_s = (frame - last.first_frame) * self._step / SESSION_RATE_HZ
        return pause_s > TURN_GAP_S or length_s > MAX_CHAIN_S

    def _new_chain(self, slot: list[Chain], frame: int) -> Chain:
        parent = slot[-1].chain_id if slot else None
        chain = Chain(next(self._ids), self._stream, parent=parent, first_frame=frame)
        self.chains[chain.chain_id] = chain
        return chain

    def chains_of(self, chain_ids: Iterable[int]) -> list[Chain]:
        """The chains with these ids, as far as they are remembered."""
        return [self.chains[chain_id] for chain_id in chain_ids if chain_id in self.chains]

    def turns(self, chain: Chain, span: Span, *, max_gap_s: float = 0.3) -> list[Span]:
        """The stretches of `span` in which `chain` talks; gaps up to `max_gap_s` are closed."""
        spans: list[Span] = []
        max_gap = max_gap_s * SESSION_RATE_HZ
        for frame in range(span.start // self._step, -(-span.end // self._step)):
            if not chain.is_active(frame):
                continue
            piece = Span(frame * self._step, (frame + 1) * self._step)
            if spans and piece.start - spans[-1].end <= max_gap:
                spans[-1] = Span(spans[-1].start, piece.end)
            else:
                spans.append(piece)
        return [turn.clip(span) for turn in spans]

    def solo_spans(self, chain: Chain, span: Span) -> list[Span]:
        """The stretches of `span` in which `chain` talks and nobody else does."""
        others = [other for other in self.chains.values() if other is not chain]
        spans: list[Span] = []
        for frame in range(span.start // self._step, span.end // self._step):
            if not chain.is_active(frame) or any(other.is_active(frame) for other in others):
                continue
            piece = Span(frame * self._step, (frame + 1) * self._step)
            if spans and piece.start == spans[-1].end:
                spans[-1] = Span(spans[-1].start, piece.end)
            else:
                spans.append(piece)
        return spans

    def talk(self, span: Span) -> list[tuple[Span, int]]:
        """Which chains talk when in `span`, with gaps as `turns` closes them, by time."""
        talk: list[tuple[Span, int]] = []
        for chain in self._chains_in(span):
            own = Span(chain.first_frame * self._step, (chain.last_active + 1) * self._step)
            turns = self.turns(chain, own.clip(span))
            talk += [(turn, chain.chain_id) for turn in turns if turn.length]
        return sorted(talk)

    def alone(self, span: Span) -> list[tuple[Span, int]]:
        """The stretches of `span` in which exactly one chain talks, by time."""
        near = self._chains_in(span)
        found: list[tuple[Span, int]] = []
        if not near:
            return found
        for frame in range(span.start // self._step, span.end // self._step):
            active = [chain.chain_id for chain in near if chain.is_active(frame)]
            if len(active) != 1:
                continue
            piece = Span(frame * self._step, (frame + 1) * self._step)
            if found and found[-1][1] == active[0] and found[-1][0].end == piece.start:
                piece = Span(found[-1][0].start, piece.end)
                found.pop()
            found.append((piece, active[0]))
        return [(piece.clip(span), chain_id) for piece, chain_id in found]

    def _chains_in(self, span: Span) -> list[Chain]:
        """The chains that may talk in `span`."""
        return [
            chain
            for chain in self.chains.values()
            if chain.first_frame * self._step < span.end
            and (chain.last_active + 1) * self._step > span.start
        ]

    def _match(self, window: LocalActivity) -> list[list[Chain] | None]:
        """The slot of each local speaker, by agreement with the previous window."""
        count = window.activity.shape[1]
        previous = self._previous
        if previous is None or previous.span.end <= window.span.start:
            return [None] * count
        offset = round((window.span.start - previous.span.start) / self._step)
        shared = min(len(previous.activity) - offset, len(window.activity))
        if shared <= 0:
            return [None] * count
        before = previous.activity[offset : offset + shared]
        now = window.activity[:shared]
        agreement = _agreement(before, now)
        best = max(
            itertools.permutations(range(count)),
            key=lambda p: sum(agreement[p[i], i] for i in range(count)),
        )
        return [
            self._slots[best[i]] if agreement[best[i], i] >= MIN_AGREEMENT_FRAMES else None
            for i in range(count)
        ]

    def _forget(self, now: int) -> None:
        horizon = (now - int(self._memory_s * SESSION_RATE_HZ)) // self._step
        if horizon <= 0:
            return
        for chain in list(self.chains.values()):
            if chain.scores and next(iter(chain.scores)) < horizon - 600:
                chain.scores = {f: s for f, s in chain.scores.items() if f >= horizon}
            if not chain.scores:
                del self.chains[chain.chain_id]


def joined(spans: Iterable[Span]) -> list[Span]:
    """One span in place of those that touch or overlap, by start."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start <= result[-1].end:
            result[-1] = result[-1].hull(span)
        else:
            result.append(span)
    return result


def _agreement(before: Float32Array, now: Float32Array) -> Float32Array:
    """Frames of common activity less half the disagreement, (before speakers, now speakers)."""
    a = (before >= ACTIVE).astype(np.float32)
    b = (now >= ACTIVE).astype(np.float32)
    common = a.T @ b
    only_one = a.sum(0)[:, None] + b.sum(0)[None, :] - 2 * common
    return np.asarray(np.where(common > 0, common - 0.5 * only_one * 0.5, 0.0), dtype=np.float32)
