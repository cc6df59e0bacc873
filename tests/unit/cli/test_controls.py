from __future__ import annotations

import os
import pty
import signal
import threading

import pytest

from app.cli.controls import Controls, keyboard
from app.cli.writer import Tail, Writer
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.marks import HoldReason, Marker
from app.services.recording import RecordingRequest
from tests.fakes.audio import tone

pytestmark = pytest.mark.unit

WAIT_S = 5.0


@pytest.fixture
def live(program):
    request = RecordingRequest(devices={StreamId.MIC: "default"}, wants_refine=False)
    meeting = program.context.recording.start(request, program.listen)
    yield meeting
    meeting.stop()
    assert meeting.wait(WAIT_S)


@pytest.fixture
def keys():
    """A terminal, as the pair of what types and what reads."""
    typing, reading = pty.openpty()
    yield typing, reading
    for end in (typing, reading):
        os.close(end)


def make(live, terminal=None):
    return Controls(
        live, Writer(is_quiet=True), Tail(is_error_stream=True, is_shown=False), terminal
    )


def press(controls, typing, text):
    """Type all at once; a terminal in line mode delivers with the line end."""
    os.write(typing, text.encode())
    controls.wait(threading.Event(), WAIT_S)


@pytest.mark.parametrize(
    ("key", "reason"), [("p\n", HoldReason.PAUSED), ("O\n", HoldReason.OFF_RECORD)]
)
def test_a_key_holds_and_the_same_key_goes_on(live, keys, key, reason):
    typing, reading = keys
    controls = make(live, reading)

    press(controls, typing, key)
    assert live.hold is not None
    assert live.hold.reason is reason
    press(controls, typing, key)
    assert live.hold is None


def test_markers_are_set_with_and_without_a_note(program, live, keys):
    typing, reading = keys
    controls = make(live, reading)

    press(controls, typing, "m\n")
    controls._press("n")
    for spool in program.backend.captures[0].spools.values():
        spool.append(tone(1.0))
    for key in "mpx\x7f!\n":
        controls._press(key)
    controls._press("n")
    controls._press("a")
    controls._press("\x1b")
    controls._press("?")

    markers = program.library.transcripts.transcript(live.meeting_id).markers
    assert markers == (Marker(at=8000), Marker(at=8000, note="mp!"))
    assert live.hold is None


def test_a_marker_that_cannot_be_stored_is_said(program, live, monkeypatch, capsys):
    def refuse(meeting_id, marker):
        raise KnownError("The library cannot be written.")

    monkeypatch.setattr(program.library.meetings, "add_marker", refuse)
    make(live)._press("m")

    assert "error: The library cannot be written." in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signals here")
def test_signals_pause_and_mark(program, live):
    controls = make(live)
    stop = threading.Event()
    before = signal.getsignal(signal.SIGUSR1)

    with controls.signals():
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR2)
        assert not controls.wait(stop, 0)
        held = live.hold
        os.kill(os.getpid(), signal.SIGUSR1)
        assert not controls.wait(stop, 0)

    assert held is not None
    assert live.hold is None
    assert len(program.library.transcripts.transcript(live.meeting_id).markers) == 1
    assert signal.getsignal(signal.SIGUSR1) == before


def test_a_terminal_that_went_away_is_not_read_again(live):
    reading, typing = os.pipe()
    os.close(typing)
    controls = make(live, reading)

    assert not controls.wait(threading.Event(), WAIT_S)
    os.close(reading)
    assert not controls.wait(threading.Event(), 0)


def test_stop_ends_the_wait(live):
    stop = threading.Event()
    stop.set()

    assert make(live).wait(stop, WAIT_S)


def test_keys_come_one_by_one_only_inside_the_block(keys, monkeypatch):
    import termios

    typing, reading = keys
    before = termios.tcgetattr(reading)

    with os.fdopen(os.dup(reading)) as typed, monkeypatch.context() as patch:
        patch.setattr("sys.stdin", typed)
        with keyboard() as terminal:
            os.write(typing, b"p")
            assert terminal is not None
            assert os.read(terminal, 8) == b"p"

    assert termios.tcgetattr(reading) == before


def test_without_a_terminal_there_is_no_keyboard(monkeypatch):
    with open(os.devnull) as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        with keyboard() as terminal:
            assert terminal is None
