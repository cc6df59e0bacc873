"""The first start: three steps, once by themselves and again when asked."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.services.diagnostics import Check
from app.ui import main
from app.ui.actions import Do
from app.ui.first_steps import FirstSteps
from app.ui.window import MainWindow
from tests.fakes import ui_context as fakes

pytestmark = pytest.mark.ui

FINE = Check(name="microphone", is_ok=True, finding="Desk microphone: -40 dBFS")
MUTED = Check(name="test sound", is_ok=False, finding="not recorded", fix="Unmute the output.")
MODELS = Check(name="models", is_ok=False, finding="missing", fix="Fetch them.")


def opened(desk) -> FirstSteps:
    desk.window.kit.actions[Do.FIRST_STEPS].trigger()
    return desk.window.findChild(FirstSteps)


def test_next_and_back_walk_through_three_steps(desk):
    dialog = opened(desk)
    seen = [(dialog.step.text(), dialog.heading.text())]
    assert not dialog.back.isEnabled()

    for _ in range(2):
        dialog.next.click()
        seen.append((dialog.step.text(), dialog.heading.text()))
    assert dialog.next.text() == "Done"
    dialog.back.click()
    assert dialog.step.text() == "Step 2 of 3"
    dialog.next.click()
    dialog.next.click()

    assert [step for step, _ in seen] == ["Step 1 of 3", "Step 2 of 3", "Step 3 of 3"]
    assert len({heading for _, heading in seen}) == 3
    desk.wait(lambda: desk.window.findChild(FirstSteps) is None)


def test_the_sound_is_checked_when_asked_and_models_are_told_elsewhere(desk):
    diagnostics = desk.window.kit.context.diagnostics
    diagnostics.checks = (FINE, MODELS, MUTED)
    dialog = opened(desk)
    assert diagnostics.chirps == []

    dialog.sound.check.click()
    assert not dialog.sound.check.isEnabled()
    desk.wait(dialog.sound.check.isEnabled)

    assert [row.check for row in dialog.sound.findings.rows] == [MUTED, FINE]
    assert dialog.sound.findings.message.text() == "One thing to fix:"
    assert dialog.sound.check.text() == "Check again"


def test_missing_models_are_downloaded_in_the_second_step(make_desk):
    desk = make_desk(missing_models=(fakes.missing_model(),))
    desk.wait(lambda: desk.window.models.missing is not None)
    step = opened(desk).models
    assert step.state.text() == "Models to download: 1 (312 MB)"

    step.fetch.click()
    desk.wait(lambda: step.progress.value() == 550)
    assert step.fetch.isHidden()
    desk.models.may_finish.set()

    desk.wait(lambda: step.state.text() == "All models are here.")
    assert step.progress.isHidden()


def test_a_download_goes_on_in_the_banner_when_the_steps_are_closed(make_desk):
    desk = make_desk(missing_models=(fakes.missing_model(),))
    desk.wait(lambda: desk.window.models.banner is not None)
    dialog = opened(desk)
    dialog.models.fetch.click()
    dialog.later.click()
    desk.wait(lambda: desk.window.findChild(FirstSteps) is None)

    desk.wait(lambda: desk.window.models.banner.progress.value() == 550)
    desk.models.may_finish.set()

    desk.wait(lambda: "The models are here." in desk.window.banners.texts[-1])


def test_the_last_step_plays_the_sample_and_reminds_of_consent(desk):
    dialog = opened(desk)
    dialog.next.click()
    dialog.next.click()
    assert "consent" in dialog.trying.reminder.text()

    dialog.trying.sample.click()

    desk.wait(lambda: desk.window.live.is_running)
    assert desk.window.live.title.text() == "Sample meeting"
    desk.wait(lambda: desk.window.findChild(FirstSteps) is None)


def test_the_welcome_opens_them_and_a_recording_forbids_it(desk):
    desk.window.welcome.first_steps.click()
    assert desk.window.findChild(FirstSteps) is not None
    desk.window.findChild(FirstSteps).reject()
    desk.wait(lambda: desk.window.findChild(FirstSteps) is None)

    desk.start_recording()
    desk.window.kit.actions[Do.FIRST_STEPS].trigger()

    assert desk.window.findChild(FirstSteps) is None


def _start(tmp_path, transcripts, *, demo: bool = False) -> bool:
    """Run the program until its library was read; whether the first steps were open."""
    seen: list[bool] = []
    context = fakes.make_context(tmp_path, transcripts)

    def look() -> None:
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
        window = next(w for w in windows if w.isVisible())
        if window.greeter.is_waiting or (not window.library.nothing.text() and not transcripts):
            QTimer.singleShot(20, look)
            return
        dialog = window.findChild(FirstSteps)
        seen.append(dialog is not None)
        if dialog is not None:
            dialog.reject()
        context.transcribing.allow(100)
        window.live.stop()
        window.close()

    QTimer.singleShot(0, look)
    main.run(context, demo=demo)
    return seen[0]


def test_they_open_by_themselves_once_while_there_are_no_meetings(qapp, tmp_path):
    assert _start(tmp_path / "new", [])
    assert not _start(tmp_path / "new", [])
    assert not _start(tmp_path / "used", fakes.library_meetings())
    assert not _start(tmp_path / "demo", [], demo=True)
