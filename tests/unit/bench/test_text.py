from __future__ import annotations

import pytest

from app.bench.text import normalise, tokens_of

pytestmark = pytest.mark.unit


def test_text_is_compared_without_case_punctuation_and_fillers():
    assert normalise("Um, Hello — THERE!") == "hello there"
    assert normalise("W_W_W") == "w w w"


def test_tokens_keep_the_time_of_their_word():
    tokens = tokens_of([("We'll", 0.0, 1.0), ("um,", 1.0, 2.0), ("Go.", 2.0, 4.0)])

    assert [(t.text, t.start_s, t.middle_s) for t in tokens] == [
        ("we", 0.0, 0.5),
        ("will", 0.0, 0.5),
        ("go", 2.0, 3.0),
    ]
