"""A desktop on a private D-Bus takes notifications, wants quiet, or is not there.

Bus, desktop and program are three processes of their own: a D-Bus service inside the process of the
tests once ended all of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.lib.paths import SOURCE_ROOT
from tests.fakes.desktop_client import NOTICES

pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="needs dbus-daemon"),
]
LIMIT_S = 60
SHOWN = [
    {"id": notice, "title": "Crosstalk", "body": text, "default-action": "show"}
    for notice, text in NOTICES
]


@contextmanager
def running(*command: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, cwd=SOURCE_ROOT
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def environment_of(address: str) -> dict[str, str]:
    return {**os.environ, "DBUS_SESSION_BUS_ADDRESS": address, "PYTHONPATH": str(SOURCE_ROOT)}


@pytest.fixture
def bus(tmp_path) -> Iterator[dict[str, str]]:
    """The environment of a program on a bus of its own, with no service that could be started."""
    configuration = tmp_path / "bus.conf"
    configuration.write_text(
        "<busconfig><type>session</type>"
        f"<listen>unix:path={tmp_path / 'bus'}</listen><auth>EXTERNAL</auth>"
        '<policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/>'
        '<allow own="*"/></policy>'
        "</busconfig>"
    )
    command = ("dbus-daemon", f"--config-file={configuration}", "--nofork", "--print-address")
    with running(*command, environment=dict(os.environ)) as daemon:
        yield environment_of(daemon.stdout.readline().strip())


def tell_desktop(bus: dict[str, str], notifications: str, portal: str) -> tuple[dict, list[dict]]:
    """What became of the notices, and what the desktop was given."""
    service = (sys.executable, "-m", "tests.fakes.desktop_service", notifications, portal)
    with running(*service, environment=bus) as desktop:
        ready = json.loads(desktop.stdout.readline())
        assert len(ready["names"]) == (notifications != "absent") + (portal != "absent")
        told = tell(bus)
        desktop.terminate()
        return told, [json.loads(line) for line in desktop.stdout]


def tell(bus: dict[str, str]) -> dict:
    done = subprocess.run(
        (sys.executable, "-m", "tests.fakes.desktop_client"),
        capture_output=True,
        text=True,
        env=bus,
        cwd=SOURCE_ROOT,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_notifications_are_shown_and_a_click_comes_back(bus):
    told, taken = tell_desktop(bus, "open", "present")

    assert told == {"outcomes": ["SHOWN", "SHOWN"], "clicks": 2}
    assert taken == SHOWN


def test_do_not_disturb_is_respected(bus):
    told, taken = tell_desktop(bus, "quiet", "present")

    assert told == {"outcomes": ["QUIET", "QUIET"], "clicks": 0}
    assert taken == []


def test_a_desktop_that_does_not_say_whether_it_wants_quiet_is_given_them(bus):
    told, taken = tell_desktop(bus, "absent", "present")

    assert told == {"outcomes": ["SHOWN", "SHOWN"], "clicks": 2}
    assert taken == SHOWN


def test_a_desktop_without_a_portal_leaves_them_to_the_tray(bus):
    told, taken = tell_desktop(bus, "open", "absent")

    assert told == {"outcomes": ["UNREACHABLE", "UNREACHABLE"], "clicks": 0}
    assert taken == []


def test_no_bus_at_all_leaves_them_to_the_tray(tmp_path):
    told = tell(environment_of(f"unix:path={tmp_path / 'nobody'}"))

    assert told == {"outcomes": ["UNREACHABLE", "UNREACHABLE"], "clicks": 0}
