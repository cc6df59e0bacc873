"""Where the command line writes: results to stdout, everything else to stderr."""

from __future__ import annotations

import codecs
import json
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import click

_PLAIN_STEP = 0.1
"""Without a terminal, progress is a line for every tenth."""


class ProgressLine(Protocol):
    """Shows how far long work is; callable from any thread."""

    def update(self, share: float, step: str) -> None:
        """Show a share in [0, 1] and what is being done."""
        ...


class Writer:
    """Results, notes and progress of one command."""

    def __init__(self, *, is_quiet: bool = False) -> None:
        self._is_quiet = is_quiet

    def result(self, text: str) -> None:
        """A line of what was asked for."""
        click.echo(text)

    def json(self, record: dict[str, Any]) -> None:
        """The result as one object on one line, whatever the encoding of stdout."""
        encoding = codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name
        click.echo(json.dumps(record, ensure_ascii=encoding != "utf-8"))

    def data(self, data: bytes) -> None:
        """A file as the result."""
        click.echo(data, nl=False)

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows with aligned columns; nothing but the headers when there are none."""
        widths = [
            max(len(row[column]) for row in (headers, *rows)) for column in range(len(headers))
        ]
        for row in (headers, *rows):
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            self.result("  ".join(cells).rstrip())

    def note(self, text: str) -> None:
        """A line about the work; silent with -q."""
        if not self._is_quiet:
            click.echo(text, err=True)

    def warning(self, text: str) -> None:
        """A line that -q does not silence."""
        click.echo(text, err=True)

    @contextmanager
    def progress(self) -> Iterator[ProgressLine]:
        """Show progress: a bar on a terminal, plain lines elsewhere, nothing with -q."""
        if self._is_quiet:
            yield _NoProgress()
        elif sys.stderr.isatty():
            bar = _Bar()
            try:
                yield bar
            finally:
                bar.close()
        else:
            yield _PlainProgress()


class _NoProgress:
    def update(self, share: float, step: str) -> None:
        """Show nothing."""


class _PlainProgress:
    """A line when the step changes, and for every tenth of it."""

    def __init__(self) -> None:
        self._step = ""
        self._shown = 0.0
        self._lock = threading.Lock()

    def update(self, share: float, step: str) -> None:
        with self._lock:
            if step == self._step and share < min(1.0, self._shown + _PLAIN_STEP):
                return
            if step == self._step and self._shown >= 1.0:
                return
            self._step, self._shown = step, share
            click.echo(f"{step}: {share:.0%}", err=True)


class _Bar:
    """A bar of rich, made when there is something to show."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._lock = threading.Lock()
        self._step = ""

    def update(self, share: float, step: str) -> None:
        with self._lock:
            if step != self._step:
                for task_id in list(self._progress.task_ids):
                    self._progress.remove_task(task_id)
                self._progress.add_task(step, total=1.0)
                self._step = step
                self._progress.start()
            self._progress.update(self._progress.task_ids[0], completed=share)

    def close(self) -> None:
        with self._lock:
            self._progress.stop()


class Tail:
    """The grey unfinished text below the finished lines; only on a terminal."""

    def __init__(self, *, is_error_stream: bool, is_shown: bool) -> None:
        stream = sys.stderr if is_error_stream else sys.stdout
        self._is_error_stream = is_error_stream
        self._is_shown = is_shown
        self._is_terminal = stream.isatty()
        self._has_tail = False

    def line(self, text: str) -> None:
        """A finished line, in place of the tail."""
        self.clear()
        if self._is_shown:
            click.echo(text, err=self._is_error_stream)

    def set(self, text: str) -> None:
        """Show `text` as the tail, cut to one line from its end."""
        if not self._is_terminal or not self._is_shown:
            return
        width = shutil.get_terminal_size().columns - 2
        self.clear()
        if text:
            shown = text if len(text) <= width else "…" + text[-(width - 1) :]
            click.secho(shown, dim=True, nl=False, err=self._is_error_stream)
            self._has_tail = True

    def clear(self) -> None:
        """Take the tail away."""
        if self._has_tail:
            click.echo("\r\x1b[K", nl=False, err=self._is_error_stream)
            self._has_tail = False
