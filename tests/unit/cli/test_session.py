from __future__ import annotations

from datetime import UTC, datetime

import click
import pytest

from app.cli.session import Session, current_session
from app.domain.errors import BugError
from app.domain.ids import MeetingId
from app.domain.meeting import Meeting, MeetingSource, MeetingState

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


def test_a_recovered_meeting_is_told_with_the_command_that_completes_it(line, capsys):
    meeting = Meeting(
        meeting_id=MeetingId("m"),
        title="Standup",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        duration_s=61.0,
        state=MeetingState.RECORDED,
        source=MeetingSource.RECORDING,
    )
    object.__setattr__(line.program.context, "recovered", (meeting,))

    with click.Context(click.Command("x"), obj=line.made()):
        _ = current_session().context

    assert capsys.readouterr().err == (
        "'Standup' was interrupted; 0:01:01 of audio is kept. Complete it with "
        "`crosstalk library refine m`.\n"
    )


def test_a_command_without_a_program_is_a_bug():
    with click.Context(click.Command("x")), pytest.raises(BugError):
        current_session()
