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
