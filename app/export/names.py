"""Text that people typed, made safe for one line or for one field."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

_DROPPED = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFFFE, 0xFFFF])
"""Bidirectional embeddings, overrides and isolates (unbalanced, they turn the rest of the line
around), and the two code points that XML refuses."""
_RESERVED_TOKENS = frozenset({"<na>", "inter_segment_gap", "excluded_region"})
"""Names with a meaning of their own in NIST's STM and RTTM, in lower case."""
UNKNOWN = "Unknown"


def one_line(text: str) -> str:
    """Text on one line: line breaks, control characters and runs of blanks become one blank.

    Bidirectional embeddings and overrides are dropped; letters of every script stay.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    visible = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cs"} else char
        for char in text.translate(_DROPPED)
    )
    return " ".join(visible.split())


def field_token(text: str, *, fallback: str) -> str:
    """Text as one field of a blank-separated file: blanks become "_".

    Args:
        fallback: What an empty text becomes.

    Returns:
        A token without white space that no reader takes for a comment or a placeholder.
    """
    token = "_".join(one_line(text).split()) or fallback
    if token.startswith(";") or token.lower() in _RESERVED_TOKENS:
        token = f"_{token}"
    return token


def field_tokens(labels: Iterable[str]) -> Mapping[str, str]:
    """A token for every label; labels that differ get tokens that differ."""
    tokens: dict[str, str] = {}
    taken: set[str] = set()
    for label in dict.fromkeys(labels):
        base = field_token(label, fallback=UNKNOWN)
        token, number = base, 2
        while token in taken:
            token, number = f"{base}_{number}", number + 1
        taken.add(token)
        tokens[label] = token
    return tokens
