"""Every sentence of the window exists in every language, those from below the window too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale

import app
import app.ui
from app.domain.errors import Category, ErrorReport, KnownError, Severity
from app.domain.sentences import join, say
from app.domain.vocabulary import COMPLAINTS
from app.lib.paths import resolve_paths
from app.settings.schema import WINDOW_LANGUAGES, all_fields
from app.ui.errors import problem_of, problem_of_report
from app.ui.translation import languages, sentences_of, speak, translated

pytestmark = pytest.mark.ui

FOLDER = resolve_paths().resources_dir / "translations"
_SENTENCE_AT = {"tr": 0, "_tr": 0, "translate": 1, "QT_TRANSLATE_NOOP": 1}
_MARK = re.compile(r"%\d|\{\w+\}")


_BELOW = ("domain", "settings", "backends", "audio", "store", "engine", "export", "services")
"""Packages whose sentences reach the window; those of `cli` and `bench` stay English."""
_TEXT_OF = {
    "Notice": {"text"},
    "ErrorReport": {"user_text"},
    "Check": {"name", "finding", "fix"},
    "ExporterInfo": {"title"},
}
_APP = Path(app.__path__[0])


@cache
def calls_below() -> tuple[tuple[str, ast.Call], ...]:
    """Every call below the window, with the place where it stands."""
    found = []
    files = [file for package in _BELOW for file in sorted((_APP / package).rglob("*.py"))]
    for file in [*files, _APP / "bootstrap.py"]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found.append((f"{file.relative_to(_APP)}:{node.lineno}", node))
    return tuple(found)


def arguments_for_people(call: ast.Call) -> Iterator[ast.expr]:
    """What a call gives to people to read."""
    name = getattr(call.func, "id", "")
    if name in ("KnownError", "SourceFailed"):
        yield from call.args[:1]
    if name in ("progress", "on_progress"):
        yield from call.args
    yield from (word.value for word in call.keywords if word.arg in _TEXT_OF.get(name, ()))
    if any(getattr(getattr(arg, "value", None), "id", "") == "NoticeKind" for arg in call.args):
        # A method that makes a notice of its kind and its text.
        yield from call.args


def is_put_together(argument: ast.expr) -> bool:
    """Whether a sentence is made of pieces by other means than `say`."""
    if isinstance(argument, ast.IfExp):
        return is_put_together(argument.body) or is_put_together(argument.orelse)
    if isinstance(argument, ast.BinOp):
        sides = (argument.left, argument.right)
        return any(
            is_put_together(side) or isinstance(getattr(side, "value", None), str) for side in sides
        )
    return isinstance(argument, ast.JoinedStr)


def sentences_below() -> Iterator[str]:
    """What the layers below the window say: templates of `say`, and literals given as they are."""
    yield from COMPLAINTS
    for _place, call in calls_below():
        said = [*arguments_for_people(call)]
        if getattr(call.func, "id", "") == "say":
            said.append(call.args[0])
        for argument in said:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield from filter(None, [argument.value])


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


SENTENCES = sorted({*written_sentences(), *sentences_below()})
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


def test_sentences_below_the_window_are_made_in_a_way_that_can_be_translated():
    written_at = {
        place
        for place, call in calls_below()
        if any(map(is_put_together, arguments_for_people(call)))
    }
    hidden_at = {
        place
        for place, call in calls_below()
        if getattr(call.func, "id", "") == "say"
        and not isinstance(call.args[0], ast.Constant)
        and not place.startswith(("domain/sentences.py", "domain/vocabulary.py"))
    }

    assert written_at == set(), "give these to `say`, with a literal template"
    assert hidden_at == set(), "the template has to stand in the call"


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


@pytest.fixture
def german(qapp):
    before = QLocale()
    installed = speak(qapp, FOLDER, "de")
    yield
    for translator in installed:
        qapp.removeTranslator(translator)
    QLocale.setDefault(before)


def test_an_error_from_below_is_told_in_the_language_of_the_window(german):
    error = KnownError(say("{path} is a folder. Give the audio files in it one by one.", path="/a"))

    problem = problem_of(error)

    assert problem.text == "/a ist ein Ordner. Geben Sie die Audiodateien darin einzeln an."
    assert str(error) == "/a is a folder. Give the audio files in it one by one."


def test_what_stands_in_a_sentence_is_translated_as_well(german):
    known = say("Choose one of: {known}.", known="md, txt")
    text = say('There is no export format "{format}". {choices}', format="xyz", choices=known)
    report = ErrorReport(
        severity=Severity.ERROR, category=Category.INPUT, stage="export", user_text=text
    )

    assert problem_of_report(report).text == (
        "Es gibt kein Exportformat „xyz“. Wählen Sie eines von: md, txt."
    )
    assert translated(join([known, known], " / ")).count("Wählen Sie") == 2


def test_a_name_that_reads_like_a_sentence_is_left_alone(german):
    assert translated(say("What {name} says alone", name="Cancel")) == "Was Cancel allein sagt"
    assert translated("") == ""
    assert translated("Nobody wrote this.") == "Nobody wrote this."
