from __future__ import annotations

from dataclasses import replace

import pytest

from app.bench.ui import UiFigures
from app.cli import bench_ui
from app.cli.session import WindowBench

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
            time_start=lambda context: 1.25,
            measure=measure,
        )
        return replace(made(), window_bench=bench)

    line.made = with_bench
    return line


def test_bench_ui_reports_every_figure(ui_line):
    record = ui_line.json("bench", "ui", "--meetings", "4", "--engine", "0", "--starts", "2")

    assert (ui_line.filled, ui_line.measured) == ([4], [(4, 0.0)])
    assert record["start_s"]["count"] == 2
    assert record["ok"]
    assert record["machine"]["cores"] >= 1
    lines = ui_line.run("bench", "ui", "--meetings", "4").stdout
    assert "open three hours: 90 ms (at most 300)" in lines


def test_a_missed_promise_exits_1(ui_line, figures):
    object.__setattr__(figures, "opens_ms", (900.0,))

    assert "MISS" in ui_line.run("bench", "ui", exit_code=1).stdout


def test_a_new_process_says_how_long_its_start_took(ui_line):
    assert ui_line.json("bench", "ui", "--start-only")["start_s"] == 1.25
