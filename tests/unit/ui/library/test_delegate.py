"""Snippets of hits."""

from __future__ import annotations

import pytest

from app.ui.library.delegate import marked

pytestmark = pytest.mark.unit


def test_brackets_become_marks():
    text, marks = marked("the [disk] was [full] again")

    assert text == "the disk was full again"
    assert [text[start : start + length] for start, length in marks] == ["disk", "full"]


def test_plain_text_has_no_marks():
    assert marked("nothing here") == ("nothing here", [])
