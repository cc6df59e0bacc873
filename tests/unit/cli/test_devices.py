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


def test_no_sound_server_is_a_sentence(line):
    line.program.backend.error = KnownError("No sound server.", category=Category.DEVICE)

    assert "No sound server." in line.run("devices", exit_code=2).stderr
