from pathlib import Path

import pytest

from app.lib.paths import DATA_DIR_ENV, MODELS_DIR_ENV, SOURCE_ROOT, resolve_paths

pytestmark = pytest.mark.unit


def test_argument_outranks_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATA_DIR_ENV, str(tmp_path / "environment"))

    paths = resolve_paths(tmp_path / "argument")

    assert paths.data_dir == tmp_path / "argument"


def test_environment_outranks_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATA_DIR_ENV, str(tmp_path / "data"))
    monkeypatch.setenv(MODELS_DIR_ENV, str(tmp_path / "weights"))

    paths = resolve_paths()

    assert (paths.data_dir, paths.models_dir) == (tmp_path / "data", tmp_path / "weights")


def test_checkout_keeps_weights_beside_the_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODELS_DIR_ENV, "  ")

    paths = resolve_paths()

    assert paths.models_dir == SOURCE_ROOT / "models" / "weights"
    assert paths.manifest_file.is_file()


def test_platform_decides_when_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_DIR_ENV)

    assert resolve_paths().data_dir.name == "crosstalk"


def test_home_sign_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert resolve_paths(Path("~/meetings")).data_dir == tmp_path / "meetings"


def test_resolving_creates_nothing(tmp_path: Path) -> None:
    paths = resolve_paths(tmp_path / "data")

    assert paths.database.parent == paths.data_dir
    assert paths.recordings_dir.parent == paths.logs_dir.parent == paths.settings_file.parent
    assert paths.resources_dir.parent == SOURCE_ROOT
    assert list(tmp_path.iterdir()) == []
