"""What holds for every test: no screen, no network, a data folder of its own, no thread left."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere"  # no notification leaves a test
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["PYANNOTE_METRICS_ENABLED"] = "false"
os.environ["OTEL_SDK_DISABLED"] = "true"

CATEGORIES = frozenset({"unit", "property", "contract", "integration", "sound", "ui", "e2e"})
REAL_TIME = re.compile(r"tests/e2e/|_pulse\.py$|tests/unit/audio/test_surroundings\.py$")
"""Files whose tests a clock runs with: one of them at a time."""
WINDOW = re.compile(r"tests/(unit/)?ui/")
"""Files whose tests share one application, its theme and its fonts."""
LOCAL_HOSTS = re.compile(r"127\.|::1$|localhost$|$")
FOREIGN_THREAD = re.compile(r"(Thread|Dummy|ThreadPoolExecutor|asyncio)-|Otel|QueueFeeder|tqdm")
"""Threads of libraries; ours always carry a name of their own."""
THREAD_END_TIMEOUT_S = 2.0

settings.register_profile("default", deadline=None, max_examples=60, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a module that does not say which category it is."""
    unmarked = {
        item.nodeid.partition("::")[0]
        for item in items
        if not CATEGORIES.intersection(mark.name for mark in item.iter_markers())
    }
    if unmarked:
        names = ", ".join(sorted(unmarked))
        raise pytest.UsageError(
            f"{names}: set pytestmark = pytest.mark.<{'|'.join(sorted(CATEGORIES))}>"
        )
    timed = {
        item.nodeid.partition("::")[0]
        for item in items
        if item.get_closest_marker("sound") or item.get_closest_marker("e2e")
    }
    unknown = sorted(name for name in timed if not REAL_TIME.search(name))
    if unknown:
        raise pytest.UsageError(f"{', '.join(unknown)}: add to REAL_TIME of tests/conftest.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let a worker take whole files, for what their tests share, or all that a clock runs with."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if REAL_TIME.search(file):
                return "real time"
            return "window" if WINDOW.search(file) else file

    return ByFile(config, log)


def pytest_configure() -> None:
    """Let sockets reach this machine only, and take Ctrl-C even when started in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        is_internet = self.family in (socket.AF_INET, socket.AF_INET6)
        if is_internet and not LOCAL_HOSTS.match(str(address[0])):
            raise AssertionError(f"a test opened a connection to {address}")
        return connect(self, address)

    return guarded


@pytest.fixture(autouse=True)
def _own_data_dir(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keep the library of the person who runs the tests out of reach."""
    folder = tmp_path_factory.getbasetemp() / "data" / os.urandom(6).hex()
    monkeypatch.setenv("CROSSTALK_DATA_DIR", str(folder))


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """Fail a test that leaves a named thread running."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if _is_ours(thread, before)]
    for thread in left:
        thread.join(THREAD_END_TIMEOUT_S)
    names = sorted(thread.name for thread in left if thread.is_alive())
    assert not names, f"threads left running: {', '.join(names)}"


def _is_ours(thread: threading.Thread, before: set[threading.Thread]) -> bool:
    return thread not in before and not FOREIGN_THREAD.match(thread.name)


@pytest.fixture
def repository() -> Path:
    """The root of the source checkout."""
    return Path(__file__).resolve().parents[1]
