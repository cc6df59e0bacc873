"""What comes from below the window is read in its language: warnings, findings, errors, steps."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QLabel

from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.messages import Notice, NoticeKind
from app.domain.sentences import say
from app.lib.paths import resolve_paths
from app.services.diagnostics import Check
from app.services.events import Noticed
from app.ui.actions import Do
from app.ui.doctor.view import DoctorDialog
from app.ui.translation import speak

pytestmark = pytest.mark.ui


@pytest.fixture
def german_desk(qapp, make_desk):
    before = QLocale()
    installed = speak(qapp, resolve_paths().resources_dir / "translations", "de")
    yield make_desk()
    for translator in installed:
        qapp.removeTranslator(translator)
    QLocale.setDefault(before)


def test_a_warning_during_a_meeting_is_read_in_german(german_desk):
    live = german_desk.start_recording()
    text = say(
        "The {source} ({device}) is muted in the sound settings.",
        source=say("microphone"),
        device="USB",
    )
    notice = Notice(kind=NoticeKind.SILENT_SOURCE, text=text, stream=StreamId.MIC)

    live.emit(Noticed(meeting_id=live.meeting_id, t=1.0, notice=notice))

    german_desk.wait(lambda: bool(german_desk.window.banners.texts))
    assert german_desk.window.banners.texts == (
        "Mikrofon (USB): in den Klangeinstellungen stummgeschaltet.",
    )


def test_findings_of_the_check_are_read_in_german(german_desk):
    diagnostics = german_desk.window.kit.context.diagnostics
    diagnostics.checks = (
        Check(
            name="sound server", is_ok=True, finding=say("{count} sources can be recorded", count=3)
        ),
    )

    german_desk.window.kit.actions[Do.DOCTOR].trigger()
    dialog = german_desk.window.findChild(DoctorDialog)
    german_desk.wait(lambda: bool(dialog.rows))

    texts = [label.text() for label in dialog.rows[0].findChildren(QLabel) if label.text()]
    assert texts == ["Tonserver", "3 Quellen können aufgenommen werden"]


def test_a_refused_import_is_told_in_german(german_desk, tmp_path: Path):
    path = tmp_path / "talk.wav"
    path.write_bytes(b"RIFF")
    german_desk.transcribing.failure = KnownError(
        say("{file} is empty (0 bytes). Copy or record it again.", file="talk.wav")
    )

    german_desk.window.library.imports.add([path])
    german_desk.transcribing.allow(1)

    german_desk.wait(lambda: bool(german_desk.window.banners.texts))
    assert german_desk.window.banners.texts[0].startswith("talk.wav ist leer (0 Byte).")
