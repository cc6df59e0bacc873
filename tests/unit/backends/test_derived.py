"""Derived model files: made once, atomically, and again when the checkpoint changes."""

from __future__ import annotations

import os

import pytest

from app.backends.derived import derive, find_checkpoint
from app.domain.errors import KnownError

pytestmark = pytest.mark.unit


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "models" / "net" / "net.pt"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    return path


@pytest.fixture(autouse=True)
def cache_dir(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_args, **_kwargs: str(folder))
    return folder


def writer(content):
    return lambda path: path.write_bytes(content)


def test_derive_makes_the_file_beside_its_checkpoint(checkpoint):
    path = derive(checkpoint, "net.onnx", writer(b"graph"))

    assert path == checkpoint.with_name("net.onnx")
    assert path.read_bytes() == b"graph"
    assert sorted(p.name for p in checkpoint.parent.iterdir()) == ["net.onnx", "net.pt"]


def test_derive_makes_nothing_when_the_file_is_there(checkpoint):
    derive(checkpoint, "net.onnx", writer(b"first"))

    path = derive(checkpoint, "net.onnx", writer(b"second"))

    assert path.read_bytes() == b"first"


def test_derive_makes_the_file_again_when_the_checkpoint_is_newer(checkpoint):
    path = derive(checkpoint, "net.onnx", writer(b"first"))
    later = path.stat().st_mtime + 10
    os.utime(checkpoint, (later, later))

    derive(checkpoint, "net.onnx", writer(b"second"))

    assert path.read_bytes() == b"second"


def test_derive_uses_the_cache_when_the_folder_is_read_only(checkpoint, cache_dir, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_args: False)

    path = derive(checkpoint, "net.onnx", writer(b"graph"))

    assert cache_dir in path.parents
    assert path.read_bytes() == b"graph"


def test_derive_leaves_nothing_behind_when_making_fails(checkpoint):
    def fail(path):
        path.write_bytes(b"half")
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        derive(checkpoint, "net.onnx", fail)

    assert [p.name for p in checkpoint.parent.iterdir()] == ["net.pt"]


def test_full_disk_becomes_a_plain_sentence(checkpoint):
    def fail(path):
        raise OSError(28, "No space left on device")

    with pytest.raises(KnownError, match="cannot be written"):
        derive(checkpoint, "net.onnx", fail)


def test_find_checkpoint_returns_an_installed_file(checkpoint):
    models_dir = checkpoint.parent.parent

    assert find_checkpoint(models_dir, "net", "net.pt") == checkpoint
