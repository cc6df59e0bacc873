"""Check the house rules that no linter knows.

Run as `python -m tests.house.rules`; prints each violation and exits 1 if there is one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.house.mirror import has_behaviour

OWN_FOLDER = "tests/house/"
"""Quotes what it forbids."""
MAX_LINES = 600
"""For files that do something; a list of declarations may be longer."""
VAGUE_NAMES = frozenset({"utils.py", "helpers.py", "manager.py", "common.py", "misc.py"})
TEXT_SUFFIXES = frozenset(
    {".py", ".md", ".toml", ".sh", ".txt", ".yml", ".xml", ".desktop", ".qss", ".mako", ""}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A pattern that must not match a line.

    Attributes:
        where: Path prefixes the rule holds for; () is everywhere.
        but_not: Paths, or folders, that it does not hold for.
        message: What to do instead.
    """

    pattern: re.Pattern[str]
    message: str
    where: tuple[str, ...] = ("app/",)
    but_not: tuple[str, ...] = ()

    def applies_to(self, path: str) -> bool:
        """Whether the rule holds for a file."""
        inside = not self.where or path.startswith(self.where)
        return inside and not (self.but_not and path.startswith(self.but_not))


RULES = (
    Rule(
        pattern=re.compile(r"(?<![\w.])print\("),
        message="log it, or write it through the command line's own writer",
    ),
    Rule(
        pattern=re.compile(
            r"\btime\.(time|monotonic|perf_counter|sleep)(_ns)?\(|\bfrom time import"
        ),
        message="take a Clock, or wait on an event; only app/lib/clock.py reads the time",
        but_not=("app/lib/clock.py",),
    ),
    Rule(
        pattern=re.compile(r"\bdatetime\.(now|utcnow|today)\(|\bdate\.today\("),
        message="take a Clock; only app/lib/clock.py reads the time",
        but_not=("app/lib/clock.py",),
    ),
    Rule(
        pattern=re.compile(r"\bexcept\s+Exception\b(?!.*#\s*\S)"),
        message="catch what can happen; at a thread, process or foreign-code boundary say on the "
        "same line which one it is",
        where=("app/",),
    ),
    Rule(pattern=re.compile(r"\bexcept\s*:"), message="name what is caught", where=()),
    Rule(
        pattern=re.compile(r"\bimport asyncio\b|\bfrom asyncio\b|\basync def\b"),
        message="use threads and bounded queues; Qt owns the only event loop",
    ),
    Rule(
        pattern=re.compile(r"\b(log|logger|logging)\.(debug|info|warning|error|exception)\(f[\"']"),
        message='log lazily: log.info("... %s", value)',
    ),
    Rule(
        pattern=re.compile(r"#\s*type:\s*ignore(?!\[)"),
        message="name the error that is ignored: type: ignore[code]",
        where=("app/", "tests/"),
    ),
    Rule(
        pattern=re.compile(r"\b(TODO|FIXME|XXX)\b(?!.*#\d+)"),
        message="do it, or name its issue (#12) on the same line",
        where=("app/", "tests/", "packaging/", "models/", "Makefile"),
    ),
    Rule(
        pattern=re.compile(r"\btime\.sleep\(|\bQTest\.qWait\(|\bqtbot\.wait\("),
        message="wait on an event, a condition or a signal",
        where=("tests/",),
    ),
    Rule(
        pattern=re.compile(r"\.\./shared\b|/work/"),
        message="name nothing outside the repository",
        where=(),
    ),
)


def violations(root: Path, paths: Sequence[str]) -> Iterator[str]:
    """All violations in `paths` (relative to `root`), as "file:line: what to do"."""
    for path in paths:
        file = root / path
        if file.suffix not in TEXT_SUFFIXES or not file.is_file():
            continue
        if file.name in VAGUE_NAMES:
            yield f"{path}: say in the name what the file owns"
        lines = file.read_text(encoding="utf-8").splitlines()
        if file.suffix == ".py" and len(lines) > MAX_LINES and has_behaviour("\n".join(lines)):
            yield f"{path}: {len(lines)} lines; split it below {MAX_LINES}, better below 400"
        for rule in RULES:
            if path.startswith(OWN_FOLDER) or not rule.applies_to(path):
                continue
            for number, line in enumerate(lines, start=1):
                if rule.pattern.search(line):
                    yield f"{path}:{number}: {rule.message}"


def tracked_files(root: Path) -> tuple[str, ...]:
    """Files that git knows or would add."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(sorted(set(done.stdout.splitlines())))


def main(root: Path) -> int:
    """Print the violations; returns the exit code."""
    found = list(violations(root, tracked_files(root)))
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[2]))
