from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain.ids import MeetingId
from app.domain.meeting import Meeting, MeetingSource, MeetingState
from app.services.assembly import Devices, assemble
from tests.fakes.audio import repair, write_audio

pytestmark = pytest.mark.unit


def test_interrupted_meetings_are_told_when_the_program_opens(program):
    folder = program.paths.recordings_dir / "m"
    folder.mkdir(parents=True)
    write_audio(folder / "mic.s16")
    program.library.meetings.create(
        Meeting(
            meeting_id=MeetingId("m"),
            title="Standup",
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            state=MeetingState.RECORDING,
            source=MeetingSource.RECORDING,
        )
    )
    devices = Devices(
        capture=lambda: program.backend,
        files=lambda: program.files,
        player=lambda: program.player,
        exporters=lambda: program.exporters,
        pick_voice=program.pick_voice,
        repair=repair,
    )

    context = assemble(
        program.core, devices, program.settings_file, opening_notices=("Set aside.",)
    )

    assert context.opening_notices == ("Set aside.",)
    assert [meeting.title for meeting in context.recovered] == ["Standup"]
    assert context.player is program.player


def test_a_service_is_made_when_it_is_first_asked_for(program):
    opened = []
    devices = Devices(
        capture=lambda: opened.append("capture") or program.backend,
        files=lambda: opened.append("files") or program.files,
        player=lambda: opened.append("player") or program.player,
        exporters=lambda: opened.append("exporters") or program.exporters,
        pick_voice=program.pick_voice,
        repair=repair,
    )
    context = assemble(program.core, devices, program.settings_file)

    context.close()
    context.library.list()
    opened_by_listing = list(opened)
    services = (context.recording, context.transcribing, context.speakers, context.diagnostics)

    assert opened_by_listing == []
    assert opened == ["capture", "files", "player"]
    assert services[0] is context.recording
    assert context.diagnostics is services[3]
    context.close()
