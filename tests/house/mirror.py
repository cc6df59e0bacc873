"""Check that every file of `app/` has its unit test file, and every unit test file its subject.

Run as `python -m tests.house.mirror`; prints each violation and exits 1 if there is one.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

EXEMPT_NAMES = frozenset({"__init__.py", "__main__.py", "bootstrap.py"})
"""Wiring: the end-to-end tests run it."""
EXEMPT_FOLDERS = (
    "app/backends/*/*",  # tests/contract runs every model against one suite
    "app/export/*",  # tests/contract runs every format against one suite
    "app/store/migrations/*",  # tests/integration migrates real databases
    "app/store/migrations/*/*",
    "app/ui/*",  # tests/ui drives whole windows, by feature
    "app/ui/*/*",
)
REQUIRED_ANYWAY = frozenset({"app/export/registry.py"})


def violations(root: Path) -> Iterator[str]:
    """All missing and orphaned test files below `root`, one sentence each."""
    for source in sorted((root / "app").rglob("*.py")):
        relative = source.relative_to(root)
        test = tests_for(relative)
        if _needs_test(root, relative) and not (root / test).exists():
            yield f"{relative}: has no unit tests; add {test}"
    for test in sorted((root / "tests" / "unit").rglob("test_*.py")):
        subject = subject_of(test.relative_to(root))
        if not (root / subject).exists():
            yield f"{test.relative_to(root)}: tests {subject}, which does not exist"


def tests_for(source: Path) -> Path:
    """Where the unit tests of `app/x/y.py` stand."""
    return Path("tests", "unit", *source.parts[1:-1], f"test_{source.name}")


def subject_of(test: Path) -> Path:
    """What `tests/unit/x/test_y.py` tests."""
    return Path("app", *test.parts[2:-1], test.name.removeprefix("test_"))


def _needs_test(root: Path, source: Path) -> bool:
    if source.as_posix() in REQUIRED_ANYWAY:
        return True
    if source.name in EXEMPT_NAMES or any(source.match(folder) for folder in EXEMPT_FOLDERS):
        return False
    return has_behaviour((root / source).read_text(encoding="utf-8"))


def has_behaviour(text: str) -> bool:
    """Whether any function of a module does something; pure declarations need no test."""
    functions = (
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return any(not _is_declaration(statement) for f in functions for statement in f.body)


def _is_declaration(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring, `...` or `pass`."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def main(root: Path) -> int:
    """Print the violations; returns the exit code."""
    found = list(violations(root))
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[2]))
