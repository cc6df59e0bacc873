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


def test_a_folder_as_a_figure_is_refused(tmp_path):
    with pytest.raises(KnownError, match="Name another figure file"):
        Plot("one").save(tmp_path)
