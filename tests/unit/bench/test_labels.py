from __future__ import annotations

import pytest

from app.bench.labels import Labels, measure_labels
from app.domain.ids import TrackId
from tests.fakes.shown import final, partial, spoken

pytestmark = pytest.mark.unit

ADA, BOB = TrackId("S1"), TrackId("S2")


def test_a_label_counts_from_its_first_showing_with_the_word():
    shown = [
        partial(1.2, "hello", track=None),
        partial(1.7, "hello", track=ADA),
        final(2.5, "hello there", track=ADA),
    ]

    labels = measure_labels(shown, spoken("hello there"))

    assert labels.delays_s == pytest.approx((0.7, 0.5))
    assert (labels.words, labels.changed, labels.unlabelled) == (2, 0, 0)


def test_words_that_go_to_somebody_else_are_counted():
    shown = [
        partial(1.2, "hello", track=ADA),
        final(2.2, "hello there", track=ADA),
        final(3.0, "hello there", track=BOB),
    ]

    labels = measure_labels(shown, ())

    assert (labels.words, labels.changed) == (2, 2)
    assert labels.changed_percent == 100.0


def test_a_word_taken_over_by_a_new_line_is_followed():
    shown = [
        final(3.2, "hello there friend", track=ADA),
        final(4.0, "hello there", track=ADA),
        final(4.1, "friend", segment_id="b", start_s=2.0, track=BOB),
    ]

    labels = measure_labels(shown, ())

    assert (labels.words, labels.changed) == (3, 1)


def test_words_that_stay_without_speaker_are_told_apart():
    labels = measure_labels([final(2.2, "hello there", track=None)], spoken("hello there"))

    assert labels.delays_s == ()
    assert (labels.words, labels.changed, labels.unlabelled) == (2, 0, 2)
    assert labels.unlabelled_percent == 100.0


def test_labels_of_recordings_add_up():
    total = Labels(delays_s=(0.1,), words=3, changed=1) + Labels(delays_s=(0.2,), words=1)

    assert total == Labels(delays_s=(0.1, 0.2), words=4, changed=1)
    assert total.changed_percent == 25.0
    assert Labels().changed_percent is None
