from __future__ import annotations

import pytest

from app.domain.errors import Category, KnownError

pytestmark = pytest.mark.unit


def test_devices_are_listed_with_their_keys(line):
    text = line.run("devices").stdout
    records = line.json("devices")["devices"]

    assert "mic:desk" in text
    assert [(r["key"], r["stream"], r["default"]) for r in records] == [
        ("mic:desk", "mic", True),
        ("system:speakers", "system", True),
    ]


@pytest.mark.parametrize("is_headphones", [True, False, None])
def test_headphones_are_told_where_they_are_known(line, is_headphones):
    line.program.backend.is_headphones = is_headphones

    records = {r["stream"]: r["headphones"] for r in line.json("devices")["devices"]}

    assert records == {"mic": None, "system": is_headphones}
    assert ("ch, headphones" in line.run("devices").stdout) == bool(is_headphones)


def test_no_sound_server_is_a_sentence(line):
    line.program.backend.error = KnownError("No sound server.", category=Category.DEVICE)

    assert "No sound server." in line.run("devices", exit_code=2).stderr
