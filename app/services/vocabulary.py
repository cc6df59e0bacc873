"""The user's terms: a list for every meeting, and one for each meeting that has its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.domain.errors import Category, KnownError
from app.domain.vocabulary import (
    BadEntry,
    Vocabulary,
    VocabularyTerm,
    format_vocabulary,
    parse_vocabulary,
)
from app.lib.atomic import write_text

MEETING_FILE = "vocabulary.txt"
MAX_TOLD = 3


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a list; a file that does not exist is an empty one.

    Raises:
        KnownError: The file is not text.
    """
    try:
        return parse_vocabulary(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Vocabulary()
    except (OSError, UnicodeDecodeError) as error:
        raise KnownError(
            f"The vocabulary {path} cannot be read as UTF-8 text. Write one term a line."
        ) from error


def complaint_about(bad: Sequence[BadEntry], name: str) -> str | None:
    """One sentence about lines that were left out; None when there are none."""
    if not bad:
        return None
    told = "; ".join(str(entry) for entry in bad[:MAX_TOLD])
    more = f"; and {len(bad) - MAX_TOLD} more" if len(bad) > MAX_TOLD else ""
    return f"{name}: left out {told}{more}."


class VocabularyService:
    """The list that holds for every meeting."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Vocabulary:
        """The list as stored.

        Raises:
            KnownError: The file is not text.
        """
        return read_vocabulary(self.path)

    def text(self) -> str:
        """The list as the user wrote it, comments too.

        Raises:
            KnownError: The file is not text.
        """
        self.read()
        return self.path.read_text(encoding="utf-8-sig") if self.path.exists() else ""

    def save(self, text: str) -> Vocabulary:
        """Store the list as written; what is bad in it is told, and left out when it is used.

        Raises:
            KnownError: The disk refuses; the old list stays.
        """
        try:
            write_text(self.path, text)
        except OSError as error:
            raise KnownError(
                f"The vocabulary cannot be stored in {self.path}: {error.strerror or error}. "
                "The old one holds.",
                category=Category.DISK,
            ) from error
        return parse_vocabulary(text)


def keep_terms(folder: Path, terms: Sequence[VocabularyTerm]) -> None:
    """Store a meeting's own list beside its recording, for the next final pass.

    Raises:
        OSError: The disk refuses.
    """
    if terms:
        write_text(folder / MEETING_FILE, format_vocabulary(terms))


def kept_terms(folder: Path) -> tuple[VocabularyTerm, ...]:
    """The list that `keep_terms` stored; empty without one."""
    return read_vocabulary(folder / MEETING_FILE).terms
