"""Sentences for people, which a window can say in another language than English."""

from __future__ import annotations

from collections.abc import Iterable


class Sentence(str):
    """An English sentence that remembers how it was made.

    It is a plain string to everything that prints, stores, sends or compares it. What is stored as
    text loses its template and stays English.

    Attributes:
        template: The sentence with a `{name}` where each value stands; the key of translations.
        values: What was put in its places; a value that is a sentence itself is translated too.
    """

    template: str
    values: dict[str, str]


def say(template: str, **values: object) -> Sentence:
    """Fill the places of a sentence.

    Args:
        template: A literal, so that a test finds it and looks for its translations.
        values: Numbers come formatted, with the digits that are to be read.

    Raises:
        KeyError: A place has no value.
    """
    texts = {
        name: value if isinstance(value, str) else str(value) for name, value in values.items()
    }
    made = Sentence(template.format(**texts) if texts else template)
    made.template = template
    made.values = texts
    return made


def join(parts: Iterable[str], separator: str) -> Sentence:
    """A list as one sentence, each part of which is still translated by itself."""
    values = {f"part{number}": part for number, part in enumerate(parts)}
    return say(separator.join(f"{{{name}}}" for name in values), **values)
