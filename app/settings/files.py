"""Read and write `settings.toml`: defaults < file < environment < command line."""

from __future__ import annotations

import json
import threading
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.domain.errors import Category, KnownError
from app.domain.sentences import say
from app.lib.atomic import write_text
from app.settings.schema import (
    SCHEMA_VERSION,
    SettingField,
    Settings,
    Value,
    all_fields,
    build,
    read_value,
)
from app.settings.upgrades import UPGRADES

ENV_PREFIX = "CROSSTALK"
VERSION_KEY = "version"


def variable_of(entry: SettingField) -> str:
    """The environment variable of a setting, for example CROSSTALK_TRANSCRIPT_LANGUAGE."""
    return f"{ENV_PREFIX}_{entry.section}_{entry.name}".upper()


def load(
    path: Path,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Value] | None = None,
) -> Settings:
    """Read the settings that hold now.

    Args:
        path: The file; a missing one means the defaults.
        environ: The environment; its CROSSTALK_* variables beat the file.
        overrides: By key path, from the command line; these beat everything.

    Raises:
        KnownError: The file or a value is wrong; names the key path. The file is left as it is.
    """
    values = _read_file(path)
    build(values, origin=str(path))
    for entry in all_fields():
        text = (environ or {}).get(variable_of(entry), "")
        if text:
            value = _parse(text, entry)
            build({entry.path: value}, origin=f"the environment ({variable_of(entry)})")
            values[entry.path] = value
    values.update(overrides or {})
    return build(values, origin="the command line" if overrides else str(path))


def save(path: Path, settings: Settings) -> None:
    """Write what differs from the defaults, atomically.

    Raises:
        KnownError: The file cannot be written; the old one is intact.
    """
    try:
        write_text(path, to_toml(settings))
    except OSError as error:
        raise KnownError(
            say(
                "The settings could not be saved to {path}: {cause}. They hold until "
                "Crosstalk is closed; free some disk or check the folder's rights.",
                path=path,
                cause=error.strerror or error,
            ),
            category=Category.DISK,
        ) from error


def to_toml(settings: Settings) -> str:
    """The file's text: the schema version and every value that is not a default."""
    lines = [f"{VERSION_KEY} = {SCHEMA_VERSION}"]
    section = ""
    for entry in all_fields():
        value = read_value(settings, entry)
        if value == entry.default:
            continue
        if entry.section != section:
            section = entry.section
            lines += ["", f"[{section}]"]
        lines.append(f"{entry.name} = {_toml_value(value)}")
    return "\n".join(lines) + "\n"


class SettingsFile:
    """The settings of a running program; safe from any thread."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path = path
        self._settings = settings
        self._lock = threading.Lock()

    @property
    def current(self) -> Settings:
        """The settings that hold now."""
        with self._lock:
            return self._settings

    def save(self, settings: Settings) -> None:
        """Make `settings` hold from now on, and store them.

        Raises:
            KnownError: The file cannot be written; the settings hold all the same.
        """
        with self._lock:
            self._settings = settings
            save(self._path, settings)


def _read_file(path: Path) -> dict[str, Value]:
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KnownError(
            say(
                "The settings file {path} cannot be read: {problem}. Correct it or move it away.",
                path=path,
                problem=error,
            )
        ) from error
    version = tables.pop(VERSION_KEY, SCHEMA_VERSION)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise KnownError(
            say("{key} in {path} has to be a whole number from 1 on.", key=VERSION_KEY, path=path)
        )
    UPGRADES.apply(tables, version=version, origin=str(path))
    values: dict[str, Value] = {}
    for section, table in tables.items():
        if not isinstance(table, dict):
            raise KnownError(
                say(
                    "{section} in {path} is not a setting: settings stand in tables.",
                    section=section,
                    path=path,
                )
            )
        for name, value in table.items():
            if not isinstance(value, str | int | float | bool):
                raise KnownError(
                    say(
                        "{section}.{name} in {path} has to be one value.",
                        section=section,
                        name=name,
                        path=path,
                    )
                )
            values[f"{section}.{name}"] = value
    return values


def _parse(text: str, entry: SettingField) -> Value:
    if isinstance(entry.default, str):
        return text
    words: dict[str, Value] = {"true": True, "false": False}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return int(text) if isinstance(entry.default, int) else float(text)
    except ValueError:
        return text


def _toml_value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
