"""The user's terms: a list for every meeting, and one for each meeting that has its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.domain.errors import Category, KnownError
from app.domain.sentences import join, say
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
    return parse_vocabulary(read_text(path))


def read_text(path: Path) -> str:
    """The text of a list; a file that does not exist is an empty one.

    Raises:
        KnownError: The file is not text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise KnownError(
            say(
                "The vocabulary {path} cannot be read as UTF-8 text. Write one term a line.",
                path=path,
            )
        ) from error


def complaint_about(bad: Sequence[BadEntry], name: str) -> str | None:
    """One sentence about lines that were left out; None when there are none."""
    if not bad:
        return None
    told = [entry.sentence for entry in bad[:MAX_TOLD]]
    if len(bad) > MAX_TOLD:
        told.append(say("and {count} more", count=len(bad) - MAX_TOLD))
    return say("{name}: left out {lines}.", name=name, lines=join(told, "; "))


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
        return read_text(self.path)

    def save(self, text: str) -> Vocabulary:
        """Store the list as written; what is bad in it is told, and left out when it is used.

        Raises:
            KnownError: The disk refuses; the old list stays.
        """
        try:
            write_text(self.path, text)
        except OSError as error:
            raise KnownError(
                say(
                    "The vocabulary cannot be stored in {path}: {cause}. The old one holds.",
                    path=self.path,
                    cause=error.strerror or error,
                ),
                category=Category.DISK,
            ) from error
        return parse_vocabulary(text)

    def add(self, path: Path) -> Vocabulary:
        """Put the terms of a file behind those of the list that it lacks.

        Returns:
            What was added, and the lines of the file that were left out; a term that the list has
            already is neither.

        Raises:
            KnownError: The file is not text, or the disk refuses; the old list stays.
        """
        found = parse_vocabulary(read_text(path), held=self.read().terms)
        text = self.text()
        if text and not text.endswith("\n"):
            text += "\n"
        if found.terms:
            self.save(text + format_vocabulary(found.terms))
        return found

    def copy_to(self, path: Path) -> None:
        """Write the list as it is stored to another file.

        Raises:
            KnownError: The file cannot be written.
        """
        text = self.text()
        try:
            write_text(path, text)
        except OSError as error:
            raise KnownError(
                say(
                    "{path} cannot be written: {cause}. Choose another folder.",
                    path=path,
                    cause=error.strerror or error,
                ),
                category=Category.DISK,
            ) from error


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
