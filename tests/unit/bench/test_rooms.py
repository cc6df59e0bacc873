"""Simulated rooms."""

import numpy as np
import pytest

from app.bench.rooms import room_pair

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("seed", range(5))
def test_room_begins_with_the_direct_sound_and_fades(seed):
    pair = room_pair(np.random.default_rng(seed))

    assert (pair.shape[0], pair.dtype) == (2, np.float32)
    np.testing.assert_allclose((pair**2).sum(axis=1), 1.0, rtol=1e-4)
    assert np.argmax(np.abs(pair), axis=1).tolist() == [0, 0]
    early, late = (pair[:, :1_600] ** 2).sum(), (pair[:, 4_800:] ** 2).sum()
    assert late < 0.1 * early


def test_equal_seeds_give_equal_rooms():
    one, two, other = (room_pair(np.random.default_rng(seed)) for seed in (1, 1, 2))

    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
