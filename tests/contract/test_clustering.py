"""pyannote.audio's clustering behind our port."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = [
    pytest.mark.contract,
    pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def clustering():
    from app.backends.clustering import agglomerative

    return agglomerative.load()


def voices(*sizes, spread=0.04, seed=0):
    """Groups of unit vectors around random directions of 192 dimensions."""
    random = np.random.default_rng(seed)
    rows = []
    for size in sizes:
        middle = random.standard_normal(192)
        middle /= np.linalg.norm(middle)
        rows.append(middle + spread * random.standard_normal((size, 192)))
    vectors = np.concatenate(rows).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_groups_of_voices_get_one_label_each(clustering):
    labels = clustering.cluster(voices(30, 20, 10), 1, 10)

    assert [len(set(part)) for part in np.split(labels, [30, 50])] == [1, 1, 1]
    assert set(labels) == {0, 1, 2}


def test_a_single_vector_is_one_group(clustering):
    assert clustering.cluster(voices(1), 1, 10).tolist() == [0]


def test_no_more_groups_than_allowed(clustering):
    labels = clustering.cluster(voices(30, 20, 10), 1, 2)

    assert set(labels) == {0, 1}


def test_no_fewer_groups_than_asked_for(clustering):
    labels = clustering.cluster(voices(40), 2, 2)

    assert set(labels) == {0, 1}


def test_a_stray_vector_joins_a_group(clustering):
    labels = clustering.cluster(voices(60, 1), 1, 10)

    assert set(labels) == {0}


def test_the_input_is_left_as_it_is(clustering):
    vectors = voices(10, 10)
    before = vectors.copy()

    clustering.cluster(vectors, 1, 10)

    np.testing.assert_array_equal(vectors, before)
