"""Configurations as people write them: `point=live,asr=whisper-base`, or a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from app.bench.play import Setup
from app.domain.errors import KnownError
from app.domain.session import ModelChoice, OperatingPoint, SpeakerRange

ALIASES = {"asr": "asr_final"}
ROLES = tuple(field.name for field in fields(ModelChoice))
NAMES = ("point", "realtime", "language", "speakers", *ALIASES, *ROLES)
NOTHING = ("", "off", "none")
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def read_setup(text: str, defaults: ModelChoice) -> Setup:
    """Read a configuration; what it does not say is the final pass at full speed with `defaults`.

    Args:
        text: "name=value,...", the path of a TOML file with the same names, or "".

    Raises:
        KnownError: A name or a value is not known; says which are.
    """
    path = Path(text)
    values = _read_file(path) if path.suffix == ".toml" else _read_pairs(text)
    setup = Setup(point=OperatingPoint.FINAL, is_realtime=False)
    choice = defaults
    for name, value in values.items():
        key = name.replace("-", "_")
        key = ALIASES.get(key, key)
        if key in ROLES:
            changed: dict[str, Any] = {key: None if value in NOTHING else value}
            choice = replace(choice, **changed)
        else:
            setup = _with(setup, key, value)
    return replace(setup, models=choice)


def setup_record(setup: Setup) -> dict[str, str | bool | None]:
    """A configuration as JSON: every name that `read_setup` takes."""
    models = setup.models or ModelChoice()
    return {
        "point": setup.point.value,
        "realtime": setup.is_realtime,
        "language": setup.language,
        "speakers": f"{setup.speakers.minimum}-{setup.speakers.maximum}",
        **{role: getattr(models, role) for role in ROLES},
    }


def _with(setup: Setup, name: str, value: str) -> Setup:
    if name == "point":
        points = [point.value for point in OperatingPoint]
        if value not in points:
            raise KnownError(f"{value!r} is not an operating point: {', '.join(points)}.")
        return replace(setup, point=OperatingPoint(value))
    if name == "realtime":
        if value.lower() not in TRUE + FALSE:
            raise KnownError(f"realtime is true or false, not {value!r}.")
        return replace(setup, is_realtime=value.lower() in TRUE)
    if name == "language":
        return replace(setup, language=value)
    if name == "speakers":
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", value)
        try:
            if match is None:
                raise ValueError
            minimum = int(match.group(1))
            maximum = int(match.group(2) or minimum)
            return replace(setup, speakers=SpeakerRange(minimum=minimum, maximum=maximum))
        except ValueError:
            raise KnownError(f"speakers is a number or MIN-MAX, not {value!r}.") from None
    raise KnownError(f"{name!r} is not a part of a configuration. Known are {', '.join(NAMES)}.")


def _read_pairs(text: str) -> Mapping[str, str]:
    values = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = pair.partition("=")
        if not separator:
            raise KnownError(
                f"{pair!r} is not name=value. A configuration reads like "
                "point=live,asr=whisper-base; the names are " + ", ".join(NAMES) + "."
            )
        values[name.strip()] = value.strip()
    return values


def _read_file(path: Path) -> Mapping[str, str]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KnownError(f"The configuration {path} cannot be read: {error}.") from error
    return {name: str(value) for name, value in table.items()}
