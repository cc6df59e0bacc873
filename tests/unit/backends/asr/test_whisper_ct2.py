"""Words out of what the aligner of whisper gives."""

import pytest

from app.backends.asr.whisper_ct2 import _behind_prefix, _join_pieces

pytestmark = pytest.mark.unit


def aligned(*texts):
    """One token and one second per word."""
    return [
        {"word": text, "start": float(i), "end": i + 1.0, "probability": 0.9, "tokens": [i]}
        for i, text in enumerate(texts)
    ]


def words(*texts, prefix_tokens=0):
    pieces = _behind_prefix(aligned(*texts), prefix_tokens)
    return [piece.text.strip() for piece in _join_pieces(pieces, is_spaced=True)]


def test_parts_and_marks_join_the_word_before():
    assert words(" a", " mild", "-mannered", " man", ",", " he", " said", ".") == [
        "a", "mild-mannered", "man,", "he", "said.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "heard"),
    [("-mannered", ["mannered", "man"]), (".", ["man"]), (" now", ["now", "man"])],
)
def test_what_would_go_on_with_a_settled_word_stands_alone(part, heard):
    assert words(" a", " mild", part, " man", prefix_tokens=2) == heard
