"""Every sentence of the window exists in every language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale

import app.ui
from app.lib.paths import resolve_paths
from app.settings.schema import WINDOW_LANGUAGES, all_fields
from app.ui.translation import languages, sentences_of, speak

pytestmark = pytest.mark.ui

FOLDER = resolve_paths().resources_dir / "translations"
_SENTENCE_AT = {"tr": 0, "_tr": 0, "translate": 1, "QT_TRANSLATE_NOOP": 1}
_MARK = re.compile(r"%\d|\{\w+\}")


def written_sentences() -> Iterator[str]:
    """What the window says: literals that go through `tr` and its kin, and the settings."""
    for file in sorted(Path(app.ui.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from _sentences_in(node)
    for entry in all_fields():
        choices = [c.capitalize() for c in entry.option.choices if c not in WINDOW_LANGUAGES]
        yield from (entry.title, entry.option.label, entry.option.help, *choices)
        yield from filter(None, [entry.option.zero_text])


def _sentences_in(call: ast.Call) -> Iterator[str]:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    at = _SENTENCE_AT.get(name)
    if at is None or len(call.args) <= at:
        return
    argument = call.args[at]
    branches = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
    for branch in branches:
        if isinstance(branch, ast.Constant) and isinstance(branch.value, str):
            yield branch.value


SENTENCES = sorted(set(written_sentences()))
TRANSLATED = [code for code in WINDOW_LANGUAGES if code != "en"]


def test_the_languages_of_the_settings_are_those_there_are():
    assert set(languages(FOLDER)) == set(WINDOW_LANGUAGES)
    assert len(SENTENCES) > 400


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_sentence_is_missing(language):
    known = sentences_of(FOLDER, language)

    missing = [sentence for sentence in SENTENCES if not known.get(sentence)]

    assert missing == [], f"add these to resources/translations/{language}.json"


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_the_places_of_values(language):
    for source, text in sentences_of(FOLDER, language).items():
        assert sorted(_MARK.findall(text)) == sorted(_MARK.findall(source)), source


@pytest.mark.parametrize("language", TRANSLATED)
def test_few_sentences_read_the_same_as_in_english(language):
    known = sentences_of(FOLDER, language)
    same = [s for s in SENTENCES if known.get(s) == s and re.search(r"[a-z]{4}", s)]

    assert len(same) < len(SENTENCES) / 50


def test_an_installed_language_translates_in_any_context_and_qt_with_it(qapp):
    before = QLocale()
    installed = speak(qapp, FOLDER, "de")
    try:
        assert QCoreApplication.translate("Actions", "New recording") == "Neue Aufnahme"
        assert QCoreApplication.translate("Elsewhere", "Cancel") == "Abbrechen"
        assert QCoreApplication.translate("X", "Nobody wrote this.") == "Nobody wrote this."
    finally:
        for translator in installed:
            qapp.removeTranslator(translator)
        QLocale.setDefault(before)
    assert QCoreApplication.translate("Actions", "New recording") == "New recording"


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_language_that_cannot_be_read_leaves_english(qapp, tmp_path, content):
    if content is not None:
        (tmp_path / "de.json").write_text(content)

    before = QLocale()
    installed = speak(qapp, tmp_path, "de")
    QLocale.setDefault(before)

    assert installed == []
