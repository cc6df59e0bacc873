from __future__ import annotations

import click
import pytest

from app.cli.session import Session, current_session
from app.domain.errors import BugError

pytestmark = pytest.mark.unit


def test_the_context_is_opened_once_and_its_notices_are_shown(line, capsys):
    object.__setattr__(line.program.context, "opening_notices", ("It was set aside.",))

    with click.Context(click.Command("x"), obj=line.made()):
        session = current_session()
        first, second = session.context, session.context

    assert first is second
    assert len(line.launches) == 1
    assert capsys.readouterr().err == "It was set aside.\n"
    assert isinstance(session, Session)


def test_a_command_without_a_program_is_a_bug():
    with click.Context(click.Command("x")), pytest.raises(BugError):
        current_session()
