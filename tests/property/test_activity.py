"""A voice keeps its chain, whatever numbers the windows give it."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ids import StreamId
from app.domain.messages import LocalActivity
from app.domain.units import SESSION_RATE_HZ, Span
from app.pipeline.activity import TURN_GAP_S, ActivityStitcher

pytestmark = pytest.mark.property

STEP = 270
WINDOW, HOP = 100, 20
"""In frames: windows share four fifths, as the live ones share more."""
SPEAKERS = 3
MAX_PAUSE_FRAMES = int(TURN_GAP_S * SESSION_RATE_HZ / STEP)


def talk(lengths: list[tuple[int, int]]) -> np.ndarray:
    """(speaker, frames) one after the other, the last ten frames of each shared with the next."""
    total = sum(frames for _, frames in lengths) + 10
    truth = np.zeros((total, SPEAKERS), dtype=np.float32)
    position = 0
    for speaker, frames in lengths:
        truth[position : position + frames + 10, speaker] = 1.0
        position += frames
    return truth


meetings = st.lists(
    st.tuples(st.integers(0, SPEAKERS - 1), st.integers(15, 60)), min_size=3, max_size=9
).map(talk)


@given(meetings, st.randoms(use_true_random=False))
def test_voice_keeps_one_line_of_chains_while_windows_link_it(truth, random):
    stitcher = ActivityStitcher(StreamId.MIC, first_chain=itertools.count(1))
    last_seen: dict[int, tuple[int, int]] = {}

    for start in range(0, len(truth) - WINDOW + 1, HOP):
        order = random.sample(range(SPEAKERS), SPEAKERS)
        window = truth[start : start + WINDOW]
        active = stitcher.push(
            LocalActivity(
                stream=StreamId.MIC,
                span=Span(start * STEP, (start + WINDOW) * STEP),
                activity=window[:, order].copy(),
                frame_step=STEP,
            )
        )
        lines = {line_of(stitcher, chain) for chain in active}
        assert len(lines) == int((window.max(axis=0) > 0).sum())
        for speaker in range(SPEAKERS):
            if not window[:, speaker].any():
                last_seen.pop(speaker, None)
                continue
            chain = chain_of(stitcher, active, truth, speaker, start)
            common = truth[start : start + WINDOW - HOP, speaker].sum()
            if speaker in last_seen and last_seen[speaker][0] == start - HOP and common >= 3:
                assert chain == last_seen[speaker][1]
            last_seen[speaker] = (start, chain)


def line_of(stitcher, chain_id: int) -> int:
    """The first chain of the slot that a chain belongs to."""
    while stitcher.chains[chain_id].parent is not None:
        chain_id = stitcher.chains[chain_id].parent
    return chain_id


def chain_of(stitcher, active, truth, speaker, start) -> int:
    """The line of chains that talks where only `speaker` does in the window, or most like it."""
    frames = range(start, start + WINDOW)
    wanted = truth[start : start + WINDOW, speaker] > 0

    def agreement(line: int) -> int:
        chains = [c for c in stitcher.chains.values() if line_of(stitcher, c.chain_id) == line]
        talks = [any(chain.is_active(f) for chain in chains) for f in frames]
        return sum(t == bool(w) for t, w in zip(talks, wanted, strict=True))

    return max({line_of(stitcher, chain) for chain in active}, key=agreement)


@given(meetings, st.randoms(use_true_random=False))
def test_turns_are_the_frames_in_which_the_voice_talks(truth, random):
    stitcher = ActivityStitcher(StreamId.MIC, first_chain=itertools.count(1))
    order = random.sample(range(SPEAKERS), SPEAKERS)
    span = Span(0, len(truth) * STEP)

    active = stitcher.push(
        LocalActivity(
            stream=StreamId.MIC, span=span, activity=truth[:, order].copy(), frame_step=STEP
        )
    )

    talk_of: dict[int, set[int]] = {}
    for chain_id in active:
        chain = stitcher.chains[chain_id]
        turns = stitcher.turns(chain, span, max_gap_s=0.0)
        frames = {f for turn in turns for f in range(turn.start // STEP, turn.end // STEP)}
        known = talk_of.setdefault(line_of(stitcher, chain_id), set())
        assert not known & frames
        assert all(b - a <= MAX_PAUSE_FRAMES for a, b in itertools.pairwise(sorted(frames)))
        known |= frames
    expected = {frozenset(np.flatnonzero(truth[:, s]).tolist()) for s in range(SPEAKERS)}
    assert {frozenset(frames) for frames in talk_of.values()} == expected - {frozenset()}
