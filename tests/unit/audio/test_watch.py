import sys
from types import SimpleNamespace

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


@pytest.mark.parametrize(
    ("facility", "kind", "is_told"),
    [
        ("server", "change", True),
        ("source_output", "change", True),
        ("source", "new", True),
        ("source", "remove", True),
        ("source", "change", False),
    ],
)
def test_change_of_a_volume_is_no_change_of_devices(monkeypatch, facility, kind, is_told):
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/socket")
    watch = ServerWatch()

    watch._take(SimpleNamespace(facility=facility, t=kind))
    watch.close()

    assert watch.changed.is_set() is is_told


def test_watch_without_the_client_library_does_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pulsectl", None)

    watch = ServerWatch()

    assert watch._worker.join(5.0)
    assert not watch.changed.is_set()
    watch.close()
