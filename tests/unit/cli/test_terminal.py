from __future__ import annotations

import io
import sys

import pytest

from app.cli.terminal import confirm
from app.domain.errors import KnownError

pytestmark = pytest.mark.unit


def test_nobody_to_ask_means_no_and_names_the_option(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))

    with pytest.raises(KnownError, match="--yes"):
        confirm("Delete it?", option="--yes")


@pytest.mark.parametrize(("typed", "expected"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_person_is_asked(monkeypatch, capsys, typed, expected):
    stdin = io.StringIO(typed)
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", stdin)

    assert confirm("Delete it?", option="--yes") is expected
    assert "Delete it?" in capsys.readouterr().err
