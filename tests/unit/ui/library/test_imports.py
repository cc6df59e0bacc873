"""What can be imported."""

from __future__ import annotations

import pytest

from app.ui.library.imports import media_files

pytestmark = pytest.mark.unit


def test_media_files_are_found_by_suffix_and_inside_folders(tmp_path):
    for name in ("a.WAV", "b.txt", "inside/c.mp4", "inside/d.pdf"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()

    found = media_files([tmp_path / "a.WAV", tmp_path / "b.txt", tmp_path / "inside"])

    assert [path.name for path in found] == ["a.WAV", "c.mp4"]
