from __future__ import annotations

import numpy as np
import pytest

from app.domain.ids import StreamId
from app.services.transcribing import TranscribeRequest
from app.ui.speakers.enroll import EnrollPanel
from tests.fakes.audio import write_audio
from tests.fakes.engine import MODELS
from tests.fakes.people_desk import ADA
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.ui


@pytest.fixture
def make(desk, qtbot):
    def panel(transcript=None):
        made = EnrollPanel(desk.kit, transcript)
        qtbot.addWidget(made)
        made.show()
        return made

    return panel


@pytest.fixture
def panel(make):
    return make()


def agree(panel, name="Ada"):
    panel.name.setText(name)
    panel.consent.setChecked(True)


def test_nothing_can_be_stored_without_name_and_consent(panel):
    assert not panel.record.isEnabled()
    assert "agreed" in panel.record.toolTip()

    panel.name.setText("Ada")
    assert not panel.files.isEnabled()

    panel.consent.setChecked(True)
    assert panel.record.isEnabled()
    assert panel.files.isEnabled()
    assert "agreed" not in panel.record.toolTip()


def test_the_microphone_shows_level_and_speech_then_stores(panel, desk, qtbot):
    agree(panel)

    panel.record.click()
    qtbot.waitUntil(lambda: panel.is_recording)
    assert panel.record.text() == "Stop and enroll"
    assert panel.level.share is not None
    assert "of 15 s" in panel.message.text()

    with qtbot.waitSignal(panel.enrolled):
        panel.record.click()

    assert desk.names() == ["Ada"]
    assert panel.message.text() == "Ada is enrolled."
    assert not panel.is_recording
    assert not panel.consent.isChecked()


def test_enough_speech_fills_the_bar(panel, desk, qtbot):
    burst = np.concatenate([np.full(8_000, 0.001), np.full(24_000, 0.2)])
    desk.program.backend.samples = np.tile(burst, 12).astype(np.float32)
    agree(panel)

    panel.record.click()
    qtbot.waitUntil(lambda: panel.enough.value() == panel.enough.maximum())

    assert "enough speech" in panel.message.text()
    panel.close_recording()


def test_closing_drops_the_recording(panel, desk, qtbot):
    agree(panel)
    panel.record.click()
    qtbot.waitUntil(lambda: panel.is_recording)

    panel.close_recording()

    qtbot.waitUntil(lambda: desk.program.backend.captures[0].stop_count == 1)
    assert desk.names() == []


def test_a_refused_recording_says_why(panel, desk, qtbot):
    desk.program.engine.speech_s = 2.0
    agree(panel)

    panel.enroll_files((desk.audio(ADA),))
    qtbot.waitUntil(lambda: "2.0 s of speech" in panel.message.text())

    assert desk.names() == []
    assert panel.record.isEnabled()


def test_files_are_enrolled(panel, desk, qtbot):
    agree(panel, "Bea")

    with qtbot.waitSignal(panel.enrolled):
        panel.enroll_files((desk.audio(ADA),))

    assert desk.names() == ["Bea"]


def test_a_voice_of_the_open_meeting_is_enrolled(make, desk, qtbot):
    audio = np.full(64_000, ADA / 32767, dtype=np.float32)
    desk.program.engine.final = [MODELS, patch(segment("a", "one two", end_s=4))]
    meeting_id = desk.program.context.transcribing.transcribe(
        TranscribeRequest(inputs={StreamId.MIX: write_audio(desk.folder / "m.wav", audio)}),
        desk.program.listen,
    )
    panel = make(desk.program.context.library.transcript(meeting_id))
    assert panel.voices.currentText() == "Speaker 1"
    agree(panel)

    with qtbot.waitSignal(panel.enrolled):
        panel.use_voice.click()

    assert desk.names() == ["Ada"]
    assert desk.program.library.transcripts.speakers(meeting_id)[0].label == "Ada"
