"""A sentence is a plain string that knows how it was made."""

import json
import pickle

import pytest

from app.domain.errors import KnownError
from app.domain.sentences import Sentence, join, say

pytestmark = pytest.mark.unit


def test_a_sentence_reads_as_english():
    sentence = say("{count} of {path} are gone.", count=3, path="/a")

    assert sentence == "3 of /a are gone."
    assert json.dumps(sentence) == '"3 of /a are gone."'
    assert (sentence.template, sentence.values) == (
        "{count} of {path} are gone.",
        {"count": "3", "path": "/a"},
    )


def test_braces_in_a_sentence_without_values_stay():
    assert say("Write {name}.") == "Write {name}."


def test_a_place_without_a_value_is_a_bug():
    with pytest.raises(KeyError):
        say("{count} of {path}", count=3)


def test_a_sentence_passes_from_one_process_to_another():
    inner = say("the disk is full")
    sent = pickle.loads(pickle.dumps(say("{cause}, so recording stopped.", cause=inner)))

    assert sent == "the disk is full, so recording stopped."
    assert sent.template == "{cause}, so recording stopped."
    assert isinstance(sent.values["cause"], Sentence)


def test_a_list_of_sentences_keeps_each_of_them():
    listed = join([say("line {line}", line=3), "plain"], "; ")

    assert listed == "line 3; plain"
    assert [type(value) for value in listed.values.values()] == [Sentence, str]
    assert join([], "; ") == ""


def test_an_error_keeps_its_sentence():
    error = KnownError(say("{path} is empty.", path="/a"))

    assert str(error) == "/a is empty."
    assert isinstance(error.message, Sentence)
