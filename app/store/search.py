"""Full-text search over all visible segments, with any input being legal."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import text as sql
from sqlalchemy.orm import Session

BREAK = "\u200b"
"""Zero-width space: separates ideographs in the index, so that each is found as a word."""

_UNSPACED_SCRIPTS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Japanese, Chinese
    "\U00020000-\U0003ffff"
)
_BETWEEN_UNSPACED = re.compile(f"(?<=[{_UNSPACED_SCRIPTS}])(?=[{_UNSPACED_SCRIPTS}])")

_MATCHES = sql(
    "SELECT rowid, snippet(segment_search, 0, '[', ']', '…', 16) FROM segment_search "
    "WHERE segment_search MATCH :query ORDER BY rank, rowid LIMIT :limit"
)


def clean(text: str) -> str:
    """`text` on one line, without what SQLite cannot store (NUL, lone surrogates)."""
    storable = text.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")
    return " ".join(storable.split())


def indexed_form(text: str) -> str:
    """`text` as the index takes it: languages written without blanks get invisible ones."""
    return _BETWEEN_UNSPACED.sub(BREAK, clean(text))


def match_query(text: str) -> str | None:
    """What FTS5 is asked for the words of `text`: all must occur, each as a prefix.

    Returns:
        A query that is legal whatever `text` holds; None when it holds nothing to search for.
    """
    terms = [term for term in indexed_form(text).split() if _has_token(term)]
    if not terms:
        return None
    quoted = (f'"{term.replace(chr(34), chr(34) * 2)}"*' for term in terms)
    return " AND ".join(quoted)


def find(session: Session, text: str, *, limit: int) -> list[tuple[int, str]]:
    """(segment key, snippet) of the best matches, best first."""
    query = match_query(text)
    if query is None or limit <= 0:
        return []
    rows = session.execute(_MATCHES, {"query": query, "limit": limit})
    return [(segment_key, snippet.replace(BREAK, "")) for segment_key, snippet in rows]


def forget_deleted(session: Session) -> None:
    """Rewrite the index, so that the words of deleted segments are gone from the file."""
    session.execute(sql("INSERT INTO segment_search (segment_search) VALUES ('optimize')"))


def _has_token(term: str) -> bool:
    """Whether the tokenizer makes anything of `term`: it keeps letters, numbers, private use."""
    return any(unicodedata.category(char)[0] in "LN" for char in term)
