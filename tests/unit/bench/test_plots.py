from __future__ import annotations

import pytest

from app.bench.plots import MAX_SHARE, Plot, draw_targets
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


def test_targets_are_drawn_as_shares_of_their_limits(tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr(Plot, "shares", lambda _self, _at, shares, _label: drawn.update(shares))
    values = {"half": (1.0, 2.0), "far": (50.0, 2.0), "nothing": (0.0, 0.0), "words": (2.0, 0.0)}
    targets = [
        {"name": name, "unit": "s", "value": value, "limit": limit}
        for name, (value, limit) in values.items()
    ]
    unknown = {"name": "unknown", "unit": "s", "value": None, "limit": 1.0}

    draw_targets({"bench": "ui", "targets": [*targets, unknown]}, tmp_path / "out.png")

    shares = {name: share for name, (share, _) in drawn.items()}
    assert shares == {"half": 0.5, "far": MAX_SHARE, "nothing": 0.0, "words": MAX_SHARE}
    assert drawn["far"][1] == "50 of 2 s"


def test_what_is_over_its_limit_has_another_colour():
    plot = Plot("one")

    plot.shares(0, {"kept": (0.5, "1 of 2"), "missed": (1.5, "3 of 2")}, "share")

    (axes,) = plot._panels
    missed, kept = axes.patches
    assert (kept.get_width(), missed.get_width()) == (0.5, 1.5)
    assert kept.get_facecolor() != missed.get_facecolor()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["missed", "kept"]
