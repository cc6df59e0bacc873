import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit


def run_pytest(repository: Path, folder: Path, text: str) -> str:
    """Run one test file under the real conftest and return what pytest printed."""
    (folder / "conftest.py").write_text((repository / "tests" / "conftest.py").read_text())
    (folder / "test_it.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 443)])
def test_connection_to_another_machine_is_refused(address: tuple[str, int]) -> None:
    with socket.socket() as client, pytest.raises(AssertionError, match="opened a connection"):
        client.connect(address)


def test_connection_to_this_machine_is_allowed() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()

        client.connect(server.getsockname())

        assert client.getpeername() == server.getsockname()


def test_library_of_the_user_is_out_of_reach(tmp_path_factory: pytest.TempPathFactory) -> None:
    data_dir = Path(os.environ["CROSSTALK_DATA_DIR"])

    assert data_dir.is_relative_to(tmp_path_factory.getbasetemp())
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_module_without_category_is_refused(repository: Path, tmp_path: Path) -> None:
    output = run_pytest(repository, tmp_path, "def test_x():\n    pass\n")

    assert "test_it.py: set pytestmark" in output


def test_module_with_a_clock_has_to_be_known_to_the_scheduler(
    repository: Path, tmp_path: Path
) -> None:
    text = "import pytest\npytestmark = pytest.mark.sound\ndef test_x():\n    pass\n"

    output = run_pytest(repository, tmp_path, text)

    assert "test_it.py: add to REAL_TIME" in output


def test_thread_left_running_fails_the_test(repository: Path, tmp_path: Path) -> None:
    text = (
        "import pytest, threading\n"
        "pytestmark = pytest.mark.unit\n"
        "def test_x():\n"
        "    threading.Thread(target=threading.Event().wait, name='left', daemon=True).start()\n"
    )

    output = run_pytest(repository, tmp_path, text)

    assert "threads left running: left" in output


def test_thread_that_is_joined_is_fine() -> None:
    thread = threading.Thread(target=bool, name="short")

    thread.start()
    thread.join(5)

    assert not thread.is_alive()
