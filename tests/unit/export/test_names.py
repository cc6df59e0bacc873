import pytest

from app.export.names import field_token, field_tokens, one_line

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain text", "plain text"),
        ("  a \n b\t\u2028c\x85d\x00e  ", "a b c d e"),
        ("a  b", "a b"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("é 你好 שלום 👩\u200d💻", "é 你好 שלום 👩\u200d💻"),
        ("\ufffe\uffff", ""),
        ("\ud800", ""),
        (" \n ", ""),
    ],
)
def test_one_line_keeps_letters_and_drops_what_breaks_lines(text, line):
    assert one_line(text) == line
    assert one_line(line) == line


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("Anna Lee", "Anna_Lee"),
        ("Anna\u00a0Lee\n", "Anna_Lee"),
        ("", "meeting"),
        (";; comment", "_;;_comment"),
        ("<na>", "_<na>"),
        ("inter_segment_gap", "_inter_segment_gap"),
    ],
)
def test_field_token_has_no_blank_and_no_second_meaning(text, token):
    assert field_token(text, fallback="meeting") == token


def test_field_tokens_keep_different_names_apart():
    tokens = field_tokens(["A B", "A_B", "A_B_2", "A B", "C"])

    assert tokens == {"A B": "A_B", "A_B": "A_B_2", "A_B_2": "A_B_2_2", "C": "C"}
