import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.lib.atomic import write_chunks, write_text

pytestmark = pytest.mark.unit


def test_write_chunks_joins_pieces_and_returns_the_size(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "file.bin"

    size_bytes = write_chunks(path, [b"ab", b"", b"c"])

    assert path.read_bytes() == b"abc"
    assert size_bytes == 3


def test_write_chunks_keeps_the_old_file_when_a_piece_fails(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")

    def pieces() -> Iterator[bytes]:
        yield b"new"
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        write_chunks(path, pieces())

    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.bin"]


def test_write_chunks_fails_when_the_target_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file.bin").mkdir()

    with pytest.raises(OSError, match="directory"):
        write_chunks(tmp_path / "file.bin", [b"x"])

    assert [entry.name for entry in tmp_path.iterdir()] == ["file.bin"]


def test_write_text_writes_utf8_without_changing_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "naïve\r\nline\n")

    assert (tmp_path / "a.txt").read_bytes() == b"na\xc3\xafve\r\nline\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_a_new_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()

    write_text(tmp_path / "ours", "x")

    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_a_replaced_file_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)

    write_text(path, "new")

    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_text() == "new"


def test_the_longest_name_of_the_system_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)

    write_text(path, "all of it")

    assert path.read_text() == "all of it"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays_one_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "settings.toml"
    link.symlink_to(tmp_path / "elsewhere" / "settings.toml")

    write_text(link, "new")

    assert link.is_symlink()
    assert (tmp_path / "elsewhere" / "settings.toml").read_text() == "new"


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in the file system there")
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    size_bytes = write_chunks(pipe, [b"ab", b"c"])
    read = os.read(reader, 10)
    os.close(reader)

    assert (read, size_bytes) == (b"abc", 3)
    assert pipe.is_fifo()
