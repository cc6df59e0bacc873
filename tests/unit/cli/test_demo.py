from __future__ import annotations

import pytest

from app.cli.demo import sample_inputs
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.lib.paths import Paths
from tests.fakes.audio import write_audio
from tests.fakes.engine import MODELS
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit


@pytest.fixture
def sample(tmp_path, monkeypatch):
    folder = tmp_path / "resources" / "sample"
    folder.mkdir(parents=True)
    monkeypatch.setattr(Paths, "resources_dir", property(lambda self: tmp_path / "resources"))
    return {
        StreamId.MIC: write_audio(folder / "mic.flac"),
        StreamId.SYSTEM: write_audio(folder / "system.flac"),
    }


def test_the_demo_prints_lines_live_and_then_the_refined_transcript(line, sample):
    line.program.engine.live = [
        MODELS,
        patch(segment("a", "good mornin", stream=StreamId.MIC)),
        patch(segment("b", "hello all", start_s=3, track="S2", stream=StreamId.SYSTEM)),
    ]
    line.program.engine.final = [MODELS, patch(segment("a", "Good morning.", revision=9))]

    result = line.run("--demo", "--headless")

    assert result.stdout.splitlines() == [
        "[00:00] Speaker 1: good mornin",
        "[00:03] Speaker 2: hello all",
        "",
        "After the final pass:",
        "[00:00] Speaker 1: Good morning.",
        "[00:03] Speaker 2: hello all",
    ]
    assert "2 speakers: Speaker 1, Speaker 2" in result.stderr
    assert line.program.engine.configs[0].is_realtime
    assert line.launches[0].data_dir.name.startswith("crosstalk-demo-")


def test_without_a_display_the_demo_is_headless(line, sample, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")

    line.run("--demo")

    assert line.windows == []
    assert len(line.program.engine.sessions) == 1


def test_a_missing_sample_is_told(tmp_path, sample):
    sample[StreamId.MIC].unlink()

    with pytest.raises(KnownError, match="install Crosstalk again"):
        sample_inputs(Paths(data_dir=tmp_path, models_dir=tmp_path))
