from __future__ import annotations

import subprocess
import sys

import pytest

from app.services.memory import children_rss_mb, own_peak_rss_mb

pytestmark = pytest.mark.unit


def test_own_peak_never_shrinks():
    before = own_peak_rss_mb()
    block = bytearray(30_000_000)
    del block

    assert 10 < before <= own_peak_rss_mb() < 100_000


def test_children_are_counted_while_they_run():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert children_rss_mb() > 0
    finally:
        child.communicate(b"\n")
