import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.lib import log

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _root_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raises = list(root.handlers), root.level, logging.raiseExceptions
    logging.raiseExceptions = True
    root.handlers = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)
    logging.raiseExceptions = raises


def test_configure_writes_info_to_the_file_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure(tmp_path / "logs")

    logging.getLogger("app.x").info("stored %d samples", 16)

    text = (tmp_path / "logs" / "crosstalk.log").read_text()
    assert "INFO" in text
    assert "app.x: stored 16 samples" in text
    assert capsys.readouterr().err == ""


def test_configure_shows_info_on_stderr_when_verbose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure(tmp_path, is_verbose=True)

    logging.getLogger("app.x").info("hello")

    assert capsys.readouterr().err == "INFO app.x: hello\n"


def test_configure_without_folder_shows_errors_only(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(None)

    logging.getLogger("app.x").warning("not this")
    logging.getLogger("app.x").error("this")

    assert capsys.readouterr().err == "ERROR app.x: this\n"


def test_configure_twice_logs_once(tmp_path: Path) -> None:
    log.configure(tmp_path)
    log.configure(tmp_path)

    logging.getLogger("app.x").info("once")

    assert (tmp_path / "crosstalk.log").read_text().count("once") == 1


def test_log_file_is_rotated_at_one_megabyte(tmp_path: Path) -> None:
    log.configure(tmp_path)

    for _ in range(3):
        logging.getLogger("app.x").info("x" * 600_000)

    assert len(list(tmp_path.glob("crosstalk.log*"))) == 3


def test_a_record_that_cannot_be_written_fills_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure(tmp_path)

    logging.getLogger("app.x").info("%d samples", "many")

    assert capsys.readouterr().err == ""
