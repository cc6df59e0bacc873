"""The languages of the window: one JSON file each, from the English sentence to its translation."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from app.domain.sentences import Sentence

log = logging.getLogger(__name__)

SYSTEM, ENGLISH = "system", "en"


class Translation(QTranslator):
    """Looks sentences up by themselves, whatever view they stand in; unknown ones stay English."""

    def __init__(self, sentences: dict[str, str]) -> None:
        super().__init__()
        self._sentences = sentences

    def translate(
        self, _context: str, source: str, _disambiguation: str | None = None, _n: int = -1
    ) -> str | None:
        """The sentence in this language; None leaves it to the next translator."""
        return self._sentences.get(source)

    def isEmpty(self) -> bool:  # noqa: N802
        """Qt skips empty translators."""
        return not self._sentences


def translated(text: str) -> str:
    """What came from below the window, in its language; what nobody translated stays English."""
    if not text:
        return ""
    if not isinstance(text, Sentence):
        return QCoreApplication.translate("Sentence", text)
    said = QCoreApplication.translate("Sentence", text.template)
    if not text.values:
        return said
    return said.format(
        **{
            name: translated(value) if isinstance(value, Sentence) else value
            for name, value in text.values.items()
        }
    )


def languages(folder: Path) -> tuple[str, ...]:
    """The codes of all languages there are, English first."""
    return (ENGLISH, *sorted(path.stem for path in folder.glob("*.json")))


def sentences_of(folder: Path, language: str) -> dict[str, str]:
    """What a language says, by the English sentence.

    Raises:
        OSError, ValueError: The file is missing or damaged.
    """
    found = json.loads((folder / f"{language}.json").read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{language}.json holds no sentences")
    return {str(source): str(text) for source, text in found.items()}


def speak(application: QCoreApplication, folder: Path, wanted: str) -> list[QTranslator]:
    """Let a window that is built from now on speak a language.

    Args:
        wanted: A code, or "system".

    Returns:
        What was installed; the caller keeps it alive, and may remove it.
    """
    language = wanted if wanted != SYSTEM else QLocale.system().name().split("_")[0]
    if wanted != SYSTEM:
        QLocale.setDefault(QLocale(language))
    if language == ENGLISH or language not in languages(folder):
        return []
    try:
        own = Translation(sentences_of(folder, language))
    except (OSError, ValueError):
        log.warning("the translation %s cannot be read; the window speaks English", language)
        return []
    installed: list[QTranslator] = []
    of_qt = QTranslator()
    if of_qt.load(
        f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    ):
        installed.append(of_qt)
    installed.append(own)
    for translator in installed:
        application.installTranslator(translator)
    return installed
