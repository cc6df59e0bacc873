"""Cleaning does not depend on how the streams are cut up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pipeline.echo import EchoCleaner
from tests.fakes.room import echo_of, make_noise, make_voice

pytestmark = pytest.mark.property

FAR = make_voice(3.0, seed=1)
NEAR = echo_of(FAR, delay_s=0.05, level_db=-6) + make_noise(3.0, seed=2)
SIZES = st.lists(st.integers(1, 9_000), min_size=1, max_size=12)


def run(far_sizes, near_sizes):
    """Push both in blocks of these sizes, over and over, whichever is behind first."""
    cleaner = EchoCleaner(patience_s=100.0)
    parts, far, near, turn = [], 0, 0, 0
    while far < len(FAR) or near < len(NEAR):
        turn += 1
        if (far <= near and far < len(FAR)) or near >= len(NEAR):
            size = far_sizes[turn % len(far_sizes)]
            parts.append(cleaner.push_far(FAR[far : far + size]))
            far += size
        else:
            size = near_sizes[turn % len(near_sizes)]
            parts.append(cleaner.push_near(NEAR[near : near + size]))
            near += size
    return np.concatenate([*parts, cleaner.flush()])


WHOLE = run([len(FAR)], [len(NEAR)])


def test_something_is_cleaned():
    assert not np.array_equal(WHOLE, NEAR)


@settings(max_examples=12, deadline=None)
@given(far_sizes=SIZES, near_sizes=SIZES)
def test_any_block_sizes_give_the_same_samples(far_sizes, near_sizes):
    assert np.array_equal(run(far_sizes, near_sizes), WHOLE)
