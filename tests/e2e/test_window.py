"""The window over the real program: real library, engine process, models and sound server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit

from app.bootstrap import open_context
from app.cli.session import Launch
from app.domain.ids import StreamId
from app.domain.meeting import MeetingState, SearchHit
from app.services.context import AppContext
from app.ui.actions import Do
from app.ui.export.view import ExportDialog
from app.ui.library.model import LibraryModel
from app.ui.live.session import LiveState
from app.ui.main import Quitter
from app.ui.speakers.view import PeopleDialog
from app.ui.tasks import TaskRunner
from app.ui.theme import Theme, ThemeMode
from app.ui.transcript.who import WhoPanel
from app.ui.window import MainWindow
from tests.e2e.recordings import ROOT
from tests.e2e.transcripts import plain_words, recall
from tests.sound_server import MIC_SINK, RATE_HZ, SYSTEM_SINK, SoundServer, is_available

pytestmark = pytest.mark.e2e

TWO_SPEAKERS = ROOT / "tests" / "data" / "two_speakers.flac"
SAMPLE = ROOT / "resources" / "sample"
PLAYED_S = 18.0
WORK_TIMEOUT_MS = 120_000
TOUR_LIMIT_S = 400
HAS_XVFB = shutil.which("xvfb-run") is not None
RUNTIMES = {"torch", "onnxruntime", "ctranslate2", "faster_whisper", "pyannote", "asteroid"}


class Program:
    """An open window and everything behind it."""

    def __init__(self, context: AppContext, qapp, qtbot) -> None:
        self.context = context
        self.tasks = TaskRunner()
        self.window = MainWindow(context, Theme(qapp, ThemeMode.LIGHT), self.tasks)
        self.quitter = Quitter(qapp, self.tasks)
        self.window.quit_wanted.connect(self.quitter.quit)
        self._qtbot = qtbot
        self.window.show()
        self.window.begin()

    def wait(self, condition: Callable[[], object], timeout_ms: int = WORK_TIMEOUT_MS) -> None:
        """Run the event loop until something holds; fails with what the banners say."""

        def holds() -> None:
            assert condition(), self.window.banners.texts

        self._qtbot.waitUntil(holds, timeout=timeout_ms)

    def do(self, action: Do) -> None:
        """What a menu, a button or a shortcut does."""
        assert self.window.kit.actions[action].isEnabled()
        self.window.kit.actions[action].trigger()

    def press(self, widget) -> None:
        """Click the middle of a widget."""
        self._qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def type(self, widget, text: str) -> None:
        """Type, then press Enter."""
        widget.clear()
        self._qtbot.keyClicks(widget, text)
        self._qtbot.keyClick(widget, Qt.Key.Key_Return)

    @property
    def labels(self) -> set[str]:
        """Who speaks in the open meeting."""
        return {line.label for line in self.window.review.document.model.lines()}

    @property
    def text(self) -> str:
        """All words of the open meeting."""
        return " ".join(line.text for line in self.window.review.document.model.lines())


@pytest.fixture
def program(qapp, qtbot, tmp_path: Path, monkeypatch) -> Iterator[Program]:
    """The program with an empty library of its own, quit as a user does."""
    monkeypatch.setattr(ExportDialog, "_last_folder", tmp_path)
    qapp.setQuitOnLastWindowClosed(False)
    with open_context(Launch(data_dir=tmp_path / "data")) as context:
        running = Program(context, qapp, qtbot)
        try:
            yield running
            QTimer.singleShot(0, lambda: running.do(Do.QUIT))
            assert qapp.exec() == 0
            assert not running.window.isVisible()
        finally:
            assert running.tasks.close(10)
            running.window.deleteLater()
            qapp.processEvents()


def test_a_file_becomes_a_corrected_exported_meeting(program, tmp_path, monkeypatch):
    before = set(sys.modules)
    window = program.window
    names = ([str(TWO_SPEAKERS)], "")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_args: names)

    program.do(Do.IMPORT)
    program.wait(lambda: window.pages.currentWidget() is window.review)
    program.wait(lambda: window.review.document.transcript is not None)

    reference = json.loads(TWO_SPEAKERS.with_suffix(".seglst.json").read_text())
    assert recall(" ".join(row["words"] for row in reference), program.text) > 0.85
    assert program.labels == {"Speaker 1", "Speaker 2"}
    assert not RUNTIMES & (set(sys.modules) - before)

    chip = next(chip for chip in window.review.voices.chips if chip.text() == "Speaker 2")
    program.press(chip)
    program.type(window.review.findChild(WhoPanel).name, "Dana Scully")
    program.wait(lambda: program.labels == {"Speaker 1", "Dana Scully"})

    window.welcome.setFocus()
    window.show_live()
    program.type(window.library.search, "abnormally cold")
    program.wait(lambda: isinstance(_hit(program), SearchHit))
    hit = _hit(program)
    window.library.list.opened.emit(window.library.model.index(_hit_row(program)))
    program.wait(lambda: window.pages.currentWidget() is window.review)
    program.wait(lambda: window.review.player.position_s > 0)
    assert window.review.player.position_s == pytest.approx(hit.span.start_s)
    assert window.review.transcript.painter.shown.flash == hit.segment_id

    target = tmp_path / "out.srt"
    _export(program, target)
    captions = target.read_text(encoding="utf-8")
    assert "Dana Scully" in captions
    assert re.search(r"^00:00:0\d,\d{3} --> 00:00:\d\d,\d{3}$", captions, re.MULTILINE)
    assert "abnormally" in plain_words(captions)


needs_sound = pytest.mark.skipif(not is_available(), reason="PulseAudio is not installed")
TOUR = "test_a_recorded_meeting_is_captioned_stored_corrected_enrolled_found_and_exported"


@pytest.mark.sound
@needs_sound
@pytest.mark.timeout(TOUR_LIMIT_S + 30)
@pytest.mark.skipif(not HAS_XVFB, reason="Xvfb is not installed")
def test_the_tour_runs_on_a_display() -> None:
    done = subprocess.run(
        [
            *("xvfb-run", "-a", "-s", "-screen 0 1440x900x24"),
            *(sys.executable, "-m", "pytest", "-q", "-n0", f"{__file__}::{TOUR}"),
        ],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        timeout=TOUR_LIMIT_S,
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout[-4000:] + done.stderr[-1000:]


@pytest.mark.sound
@needs_sound
@pytest.mark.skipif(
    HAS_XVFB and os.environ["QT_QPA_PLATFORM"] == "offscreen", reason="runs on a display instead"
)
def test_a_recorded_meeting_is_captioned_stored_corrected_enrolled_found_and_exported(
    qapp, tmp_path, request
):
    with SoundServer() as server:
        program: Program = request.getfixturevalue("program")
        window, setup = program.window, program.window.live.setup
        sounds = {stream: _sound(stream, tmp_path) for stream in ("mic", "system")}

        program.do(Do.RECORD)
        program.wait(lambda: all(chooser.count() > 1 for chooser in setup.choosers.values()))
        setup.title.setText("Stand-up")
        program.press(setup.record)
        program.wait(lambda: window.live.session.state is LiveState.RUNNING)
        live = program.context.recording.current
        program.wait(lambda: live is not None and live.elapsed().total_seconds() > 0.5)
        players = [server.play(sounds["mic"], MIC_SINK), server.play(sounds["system"], SYSTEM_SINK)]
        lines = window.live.session.transcript.lines
        program.do(Do.CAPTIONS)
        program.wait(lambda: any(line.is_final for line in lines()))
        program.wait(lambda: any(caption.text for caption in window.captions.captions))
        assert window.captions.isVisible()
        program.wait(lambda: all(player.poll() == 0 for player in players))
        assert all(window.live.meters[stream].isVisible() for stream in live.levels_dbfs())
        program.do(Do.STOP)
        program.wait(lambda: window.pages.currentWidget() is window.review)
        program.wait(lambda: window.review.document.transcript is not None)

        def stored() -> list:
            return [summary.meeting for summary in window.library.meetings]

        program.wait(lambda: [m.state for m in stored()] == [MeetingState.DONE])
        assert stored()[0].title == "Stand-up"
        assert stored()[0].duration_s > PLAYED_S
        assert {info.stream for info in stored()[0].streams} == {StreamId.MIC, StreamId.SYSTEM}
        assert recall(_spoken(PLAYED_S), program.text) > 0.75
        _correct(program, "Quetzalcoatl")
        _enroll(program, _most_talking(program), "Ines Duarte")
        _search(program, "Quetzalcoatl")
        _export(program, tmp_path / "out.md")
        written = (tmp_path / "out.md").read_text(encoding="utf-8")
        assert "Ines Duarte" in written
        assert "Quetzalcoatl" in written


def _most_talking(program: Program) -> str:
    lines = list(program.window.review.document.model.lines())
    return max(program.labels, key=lambda who: sum(e.span.length for e in lines if e.label == who))


def _correct(program: Program, word: str) -> None:
    """Rewrite the first line in place, take that back, and do it again after all."""
    document, view = program.window.review.document, program.window.review.transcript
    before = program.text
    view.edit_line(next(iter(document.model.lines())).segment_id)
    editor = view.viewport().findChild(QPlainTextEdit)
    program.type(editor, f"{word} {editor.toPlainText()}")
    program.wait(lambda: program.text == f"{word} {before}")
    program.do(Do.UNDO)
    program.wait(lambda: program.text == before)
    program.do(Do.REDO)
    program.wait(lambda: program.text.startswith(word))


def _enroll(program: Program, label: str, name: str) -> None:
    """Name a voice of the open meeting and store it with consent."""
    program.do(Do.PEOPLE)
    panel = program.window.findChild(PeopleDialog).enroll
    panel.name.setText(name)
    panel.consent.setChecked(True)
    panel.voices.setCurrentText(label)
    program.press(panel.use_voice)
    program.wait(lambda: "is enrolled" in panel.message.text())
    assert [person.name for person in program.context.speakers.list()] == [name]
    program.window.findChild(PeopleDialog).close()
    program.wait(lambda: name in program.labels)


def _search(program: Program, words: str) -> None:
    """Find the meeting by what was said in it."""
    program.type(program.window.library.search, words)
    program.wait(lambda: _hit_row(program) >= 0)
    assert isinstance(_hit(program), SearchHit)
    program.window.library.search.clear()


def _export(program: Program, target: Path) -> None:
    program.do(Do.EXPORT)
    dialog = program.window.findChild(ExportDialog)
    formats = [dialog.formats.item(row).text() for row in range(dialog.formats.count())]
    row = next(n for n, text in enumerate(formats) if f"({target.suffix})" in text)
    dialog.formats.setCurrentRow(row)
    program.type(dialog.path, str(target))
    program.wait(target.exists)
    program.wait(lambda: any(str(target) in text for text in program.window.banners.texts))


def _sound(stream: str, folder: Path) -> Path:
    """The first seconds of the sample meeting at the sinks' own rate."""
    samples, rate = soundfile.read(SAMPLE / f"{stream}.flac", dtype="float32")
    lead_in = np.zeros(RATE_HZ // 2, dtype=np.float32)
    played = soxr.resample(samples[: int(PLAYED_S * rate)], rate, RATE_HZ)
    path = folder / f"{stream}.wav"
    soundfile.write(path, np.concatenate([lead_in, played]), RATE_HZ, subtype="PCM_16")
    return path


def _spoken(until_s: float) -> str:
    rows = json.loads((SAMPLE / "reference.seglst.json").read_text())
    return " ".join(row["words"] for row in rows if row["end_time"] < until_s)


def _hit_row(program: Program) -> int:
    model = program.window.library.model
    rows = range(model.rowCount())
    return next((n for n in rows if isinstance(_entry(program, n), SearchHit)), -1)


def _hit(program: Program) -> object:
    return _entry(program, _hit_row(program))


def _entry(program: Program, row: int) -> object:
    model = program.window.library.model
    return model.index(row).data(LibraryModel.EntryRole)
