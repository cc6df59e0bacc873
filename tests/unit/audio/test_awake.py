import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.audio.awake import Awake, command_for, hold_windows

pytestmark = pytest.mark.unit

INHIBIT = """#!/bin/sh
echo "$@" > "${0%/*}/asked"
echo $$ > "${0%/*}/pid"
while [ "$1" != cat ]; do shift; done
exec /bin/cat
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def make(name: str, text: str = INHIBIT) -> Path:
        path = tmp_path / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    return make


def wait_for(path: Path) -> str:
    pause = threading.Event()
    for _ in range(1000):
        if path.exists() and path.read_text().strip():
            return path.read_text()
        pause.wait(0.01)
    raise AssertionError(f"{path} did not appear")


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_logind_is_asked_until_release(programs, tmp_path):
    programs("systemd-inhibit")

    awake = Awake("linux")
    process_id = int(wait_for(tmp_path / "pid"))
    was_running = is_running(process_id)
    awake.release()
    awake.release()

    assert "--what=sleep:idle --mode=block --who=Crosstalk" in (tmp_path / "asked").read_text()
    assert was_running
    assert not is_running(process_id)


def test_macos_holds_until_this_process_ends(programs):
    programs("caffeinate")

    assert command_for("darwin") == ("caffeinate", "-i", "-w", str(os.getpid()))


def test_system_without_such_a_program_records_all_the_same(programs):
    for platform in ("linux", "darwin"):
        awake = Awake(platform)
        awake.release()

        assert command_for(platform) == ()


def test_program_that_cannot_run_is_no_fault(programs):
    programs("systemd-inhibit", "#!/nowhere/sh\n")

    Awake("linux").release()


def test_windows_is_asked_by_one_thread_and_let_go_by_the_same():
    asked: list[tuple[int, int]] = []
    stop, has_asked = threading.Event(), threading.Event()

    def ask(flags: int) -> int:
        asked.append((flags, threading.get_ident()))
        has_asked.set()
        return 1

    thread = threading.Thread(
        target=hold_windows, args=(stop, SimpleNamespace(SetThreadExecutionState=ask)), name="hold"
    )
    thread.start()
    assert has_asked.wait(5)
    stop.set()
    thread.join(5)

    assert [flags for flags, _ in asked] == [0x80000001, 0x80000000]
    assert len({ident for _, ident in asked}) == 1
