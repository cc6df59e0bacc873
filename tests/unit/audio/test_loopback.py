import os
import sys
from pathlib import Path

import numpy as np
import pytest

from app.audio.capture import ring_for
from app.audio.loopback import PulseInput
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from tests.fakes.audio_device import ManualClock, make_device

pytestmark = pytest.mark.unit


def install_parec(folder: Path, monkeypatch, body: str) -> None:
    """Put a program named `parec` first on the path."""
    program = folder / "parec"
    program.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def open_stereo() -> PulseInput:
    device = make_device(StreamId.SYSTEM, channels=2, key="out.monitor")
    return PulseInput(device, ManualClock(), ring_for(device))


def test_frames_survive_any_cut_of_the_pipe(tmp_path, monkeypatch):
    install_parec(
        tmp_path,
        monkeypatch,
        "data = bytes(i % 251 for i in range(40_000))\n"
        "while data:\n    n = 1 + len(data) % 977\n"
        "    os.write(1, data[:n])\n    data = data[n:]\n",
    )

    opened = open_stereo()
    while not opened.is_lost:
        opened.wait_started(0.01)
    opened.close()

    frames, lost = opened.ring.read(100_000)
    expected = np.frombuffer(bytes(i % 251 for i in range(40_000)), "<i2").reshape(-1, 2)
    np.testing.assert_array_equal(frames, expected)
    assert lost == 0


def test_program_gets_the_native_format_and_the_source(tmp_path, monkeypatch):
    install_parec(
        tmp_path, monkeypatch, "open(os.environ['SAW'], 'w').write(' '.join(sys.argv[1:]))"
    )
    monkeypatch.setenv("SAW", str(tmp_path / "saw"))

    opened = open_stereo()
    opened.wait_started(10)
    opened.close()

    words = (tmp_path / "saw").read_text().split()
    assert {"--rate=48000", "--channels=2", "--device=out.monitor", "--format=s16le"} <= set(words)


def test_program_that_ends_at_once_is_a_loss(tmp_path, monkeypatch):
    install_parec(tmp_path, monkeypatch, "sys.exit(1)")

    opened = open_stereo()
    has_started = opened.wait_started(10)
    opened._worker.join(10)

    assert not has_started
    assert opened.is_lost
    opened.close()
    assert not opened.is_lost


def test_closing_ends_a_program_that_goes_on(tmp_path, monkeypatch):
    install_parec(tmp_path, monkeypatch, "while True:\n    os.write(1, bytes(4096))")
    opened = open_stereo()
    assert opened.wait_started(10)

    opened.close()
    opened.close()

    assert opened._process.poll() is not None
    assert not opened.is_lost


def test_missing_program_is_a_known_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(KnownError, match="apt install pulseaudio-utils"):
        open_stereo()
