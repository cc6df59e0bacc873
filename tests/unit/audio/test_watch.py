import sys

import pytest

from app.audio.watch import ServerWatch

pytestmark = pytest.mark.unit


def test_watch_without_a_server_ends_when_it_is_closed(monkeypatch):
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/socket")

    watch = ServerWatch()
    watch.close()
    watch.close()

    assert not watch._worker.is_alive
    assert not watch.changed.is_set()


def test_watch_without_the_client_library_does_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pulsectl", None)

    watch = ServerWatch()

    assert watch._worker.join(5.0)
    assert not watch.changed.is_set()
    watch.close()
