from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest

from app.bench.ui import UiFigures
from app.cli import bench_ui
from app.cli.bench_ui import _start
from app.cli.session import WindowBench
from app.lib.clock import SystemClock

pytestmark = pytest.mark.unit


@pytest.fixture
def figures():
    return UiFigures(meeting_count=4, opens_ms=(90.0,), frames_ms=(6.0,))


@pytest.fixture
def ui_line(line, figures, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(bench_ui, "_start", lambda folder: 0.8)
    line.filled, line.measured = [], []
    made = line.made

    def measure(context, meetings, engine_s):
        line.measured.append((meetings, engine_s))
        return figures

    def with_bench():
        bench = WindowBench(
            fill=lambda folder, count: line.filled.append(count),
            time_first_list=lambda context: 71.25,
            measure=measure,
        )
        return replace(made(), window_bench=bench)

    line.made = with_bench
    return line


def test_bench_ui_reports_every_figure(ui_line, tmp_path):
    figure = tmp_path / "out.png"

    record = ui_line.json(
        *("bench", "ui", "--meetings", "4", "--engine", "0", "--starts", "2"),
        *("--fig", str(figure)),
    )

    assert figure.read_bytes().startswith(b"\x89PNG")
    assert (ui_line.filled, ui_line.measured) == ([4], [(4, 0.0)])
    assert record["start_s"]["count"] == 2
    assert record["ok"]
    assert record["machine"]["cores"] >= 1
    lines = ui_line.run("bench", "ui", "--meetings", "4").stdout
    assert "open three hours: 90 ms (at most 300)" in lines


def test_a_missed_promise_exits_1(ui_line, figures):
    object.__setattr__(figures, "opens_ms", (900.0,))

    assert "MISS" in ui_line.run("bench", "ui", exit_code=1).stdout


def test_a_new_process_says_when_its_window_was_painted(ui_line):
    assert json.loads(ui_line.run("--time-start").stdout) == {"painted_s": 71.25}


def test_a_start_lasts_from_the_call_to_the_paint(monkeypatch, tmp_path):
    def paint(command, **options):
        painted_s = SystemClock().monotonic() + 0.5
        return subprocess.CompletedProcess(command, 0, f'{{"painted_s": {painted_s}}}', "")

    monkeypatch.setattr(subprocess, "run", paint)

    assert _start(tmp_path) == pytest.approx(0.5, abs=0.3)
