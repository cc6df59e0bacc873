from pathlib import Path

import pytest

from tests.house.mirror import has_behaviour, violations

pytestmark = pytest.mark.unit

BEHAVIOUR = "def f():\n    return 1\n"


def write(root: Path, path: str, text: str = BEHAVIOUR) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_mirror_names_the_missing_test_file(tmp_path: Path) -> None:
    write(tmp_path, "app/lib/clock.py")

    assert list(violations(tmp_path)) == [
        "app/lib/clock.py: has no unit tests; add tests/unit/lib/test_clock.py"
    ]


def test_mirror_names_the_orphaned_test_file(tmp_path: Path) -> None:
    write(tmp_path, "tests/unit/lib/test_gone.py")

    assert list(violations(tmp_path)) == [
        "tests/unit/lib/test_gone.py: tests app/lib/gone.py, which does not exist"
    ]


def test_mirror_is_content_with_a_pair(tmp_path: Path) -> None:
    write(tmp_path, "app/export/registry.py")
    write(tmp_path, "tests/unit/export/test_registry.py")

    assert list(violations(tmp_path)) == []


@pytest.mark.parametrize(
    "path",
    [
        "app/__main__.py",
        "app/bootstrap.py",
        "app/lib/__init__.py",
        "app/backends/asr/whisper.py",
        "app/export/srt.py",
        "app/store/migrations/versions/0001_start.py",
        "app/ui/library/view.py",
    ],
)
def test_mirror_exempts_what_other_suites_cover(tmp_path: Path, path: str) -> None:
    write(tmp_path, path)

    assert list(violations(tmp_path)) == []


@pytest.mark.parametrize("path", ["app/backends/weights.py", "app/export/registry.py"])
def test_mirror_requires_tests_beside_exempt_folders(tmp_path: Path, path: str) -> None:
    write(tmp_path, path)

    assert len(list(violations(tmp_path))) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("X = 1\n", False),
        ('class P:\n    def f(self):\n        """Doc."""\n        ...\n', False),
        (BEHAVIOUR, True),
        ("class C:\n    def f(self):\n        return 1\n", True),
    ],
)
def test_behaviour_is_a_function_that_does_something(text: str, expected: bool) -> None:
    assert has_behaviour(text) is expected
