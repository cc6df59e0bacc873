"""Where the program keeps its files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

DATA_DIR_ENV = "CROSSTALK_DATA_DIR"
MODELS_DIR_ENV = "CROSSTALK_MODELS_DIR"
SOURCE_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """All folders and files of one installation.

    Attributes:
        data_dir: Holds everything below; `--data-dir` moves it.
        models_dir: Where downloaded weights live.
    """

    data_dir: Path
    models_dir: Path

    @property
    def database(self) -> Path:
        """The SQLite library."""
        return self.data_dir / "library.sqlite3"

    @property
    def recordings_dir(self) -> Path:
        """One folder per meeting, named by its id."""
        return self.data_dir / "recordings"

    @property
    def voices_dir(self) -> Path:
        """Recordings of enrolled voices, one folder per person."""
        return self.data_dir / "speakers"

    @property
    def logs_dir(self) -> Path:
        """Rotated log files; they never hold transcript text."""
        return self.data_dir / "logs"

    @property
    def settings_file(self) -> Path:
        """The user's settings, TOML."""
        return self.data_dir / "settings.toml"

    @property
    def vocabulary_file(self) -> Path:
        """The terms that hold for every meeting, one a line."""
        return self.data_dir / "vocabulary.txt"

    @property
    def manifest_file(self) -> Path:
        """The list of known weights, shipped with the program."""
        return SOURCE_ROOT / "models" / "manifest.toml"

    @property
    def resources_dir(self) -> Path:
        """Icons, the sample meeting and other read-only files shipped with the program."""
        return SOURCE_ROOT / "resources"


def resolve_paths(data_dir: Path | None = None) -> Paths:
    """Find this installation's folders.

    Args:
        data_dir: From `--data-dir`; else `CROSSTALK_DATA_DIR`, else the platform's folder.

    Returns:
        The paths. Nothing is created. Weights are looked for in `CROSSTALK_MODELS_DIR`, else in
        `models/weights` of a source checkout, else in `models` of the user data folder.
    """
    user_data = Path(platformdirs.user_data_dir("crosstalk", appauthor=False))
    chosen = data_dir or _from_environment(DATA_DIR_ENV) or user_data
    source_weights = SOURCE_ROOT / "models" / "weights"
    is_source_checkout = (SOURCE_ROOT / "pyproject.toml").exists()
    default_models = source_weights if is_source_checkout else user_data / "models"
    models = _from_environment(MODELS_DIR_ENV) or default_models
    return Paths(data_dir=chosen.expanduser().resolve(), models_dir=models.expanduser().resolve())


def _from_environment(name: str) -> Path | None:
    value = os.environ.get(name, "").strip()
    return Path(value) if value else None
