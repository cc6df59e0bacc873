from __future__ import annotations

import pytest

from app.bench.plots import Plot
from app.domain.errors import KnownError

pytestmark = pytest.mark.unit


def test_a_picture_is_written_with_folders_made(tmp_path):
    plot = Plot("left", "right")
    plot.histogram(0, {"a": [1.0, 2.0], "none": []}, "seconds", limit=1.5)
    plot.line(1, [1.0, 2.0], [3.0, 4.0], ("x", "y"), name="line")
    plot.note(1, 1.0, 3.0, "here")

    plot.save(tmp_path / "new" / "out.png")

    assert (tmp_path / "new" / "out.png").read_bytes().startswith(b"\x89PNG")


def test_bars_stand_in_groups_and_missing_ones_leave_a_place(tmp_path):
    plot = Plot("one")

    plot.bars(0, ["a", "b"], {"on": [1.0, None], "off": [2.0, 3.0]}, "%", limit=1.5)

    (axes,) = plot._panels
    bars = [(round(bar.get_x() + bar.get_width() / 2, 2), bar.get_height()) for bar in axes.patches]
    assert bars == [(-0.2, 1.0), (0.2, 2.0), (1.2, 3.0)]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]
    assert sorted(axes.get_legend_handles_labels()[1]) == ["off", "on", "promise 1.5"]


def test_a_folder_as_a_figure_is_refused(tmp_path):
    with pytest.raises(KnownError, match="Name another figure file"):
        Plot("one").save(tmp_path)
