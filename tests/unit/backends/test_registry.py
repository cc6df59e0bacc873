import importlib
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from app.backends import registry
from app.domain.errors import KnownError

pytestmark = pytest.mark.unit

OUR_MODEL = """
from app.domain.ports import BackendInfo
INFO = BackendInfo(backend_id="{id}", role="{role}", title="Test")
def load(models_dir):
    return models_dir
"""


@pytest.fixture(autouse=True)
def _fresh_scan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Look at a folder of test models instead of the shipped ones."""
    package = importlib.import_module("app.backends.asr")
    for role in registry.ROLES:
        other = importlib.import_module(f"app.backends.{role}")
        monkeypatch.setattr(other, "__path__", [])
    monkeypatch.setattr(package, "__path__", [str(tmp_path)])
    monkeypatch.setattr(registry, "entry_points", lambda group: EntryPoints())
    before = set(sys.modules)
    registry._scan.cache_clear()
    yield
    registry._scan.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith("app.backends.asr."):
            del sys.modules[name]


def write_model(folder: Path, name: str, *, backend_id: str, role: str = "asr") -> None:
    (folder / f"{name}.py").write_text(OUR_MODEL.format(id=backend_id, role=role))


def register(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    points = EntryPoints(
        EntryPoint(name=m, value=m, group=registry.ENTRY_POINT_GROUP) for m in modules
    )
    monkeypatch.setattr(registry, "entry_points", lambda group: points.select(group=group))


def test_backends_finds_files_with_info_in_order_of_id(tmp_path: Path) -> None:
    write_model(tmp_path, "a", backend_id="zeta")
    write_model(tmp_path, "b", backend_id="alpha")
    (tmp_path / "shared_code.py").write_text("X = 1\n")

    ids = [backend.info.backend_id for backend in registry.backends("asr")]

    assert ids == ["alpha", "zeta"]
    assert registry.backends("vad") == ()


def test_find_gives_loader(tmp_path: Path) -> None:
    write_model(tmp_path, "a", backend_id="zeta")

    backend = registry.find("asr", "zeta")

    assert backend.load(tmp_path) == tmp_path


def test_find_lists_known_ids_when_id_is_unknown(tmp_path: Path) -> None:
    write_model(tmp_path, "a", backend_id="zeta")
    write_model(tmp_path, "b", backend_id="alpha")

    with pytest.raises(KnownError, match=r'no asr model called "x"\. Known ones: alpha, zeta\.'):
        registry.find("asr", "x")


def test_backends_includes_entry_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path, "crosstalk_plugin", backend_id="theirs", role="vad")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(importlib.import_module("app.backends.asr"), "__path__", [])
    register(monkeypatch, "crosstalk_plugin")

    assert registry.find("vad", "theirs").module_name == "crosstalk_plugin"


def test_backends_keeps_our_model_when_plugin_takes_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path, "ours", backend_id="same")
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    write_model(plugins, "crosstalk_rival", backend_id="same")
    monkeypatch.syspath_prepend(str(plugins))
    register(monkeypatch, "crosstalk_rival")

    assert registry.find("asr", "same").module_name == "app.backends.asr.ours"


def test_backends_leaves_out_plugin_that_cannot_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_model(tmp_path, "a", backend_id="zeta")
    register(monkeypatch, "crosstalk_no_such_module")

    ids = [backend.info.backend_id for backend in registry.backends()]

    assert ids == ["zeta"]
    assert "crosstalk_no_such_module cannot be imported" in caplog.text
