from pathlib import Path

import pytest

from tests.house.rules import MAX_LINES, tracked_files, violations

pytestmark = pytest.mark.unit


def check(root: Path, path: str, text: str) -> list[str]:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return list(violations(root, [path]))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("app/a.py", "print('x')"),
        ("app/a.py", "time.sleep(1)"),
        ("app/a.py", "start = time.monotonic()"),
        ("app/a.py", "stamp = datetime.now(UTC)"),
        ("app/a.py", "except Exception:"),
        ("app/a.py", "except Exception as error:"),
        ("app/a.py", "except:"),
        ("app/a.py", "import asyncio"),
        ("app/a.py", 'log.info(f"{name}")'),
        ("app/a.py", "x = y  # type: ignore"),
        ("app/a.py", "# TODO later"),
        ("tests/a.py", "time.sleep(1)"),
        ("README.md", "see ../shared/design"),
    ],
)
def test_rules_find_violation(tmp_path: Path, path: str, line: str) -> None:
    assert [text.split(": ")[0] for text in check(tmp_path, path, f"\n{line}\n")] == [f"{path}:2"]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("app/a.py", "writer.print('x')"),
        ("app/a.py", "self._fingerprint(x)"),
        ("app/lib/clock.py", "return time.monotonic()"),
        ("app/a.py", "except Exception as error:  # the thread boundary"),
        ("app/a.py", "except ExceptionGroup:"),
        ("app/a.py", "x = y  # type: ignore[attr-defined]"),
        ("app/a.py", "# TODO #12: more than two streams"),
        ("tests/a.py", "print('x')"),
    ],
)
def test_rules_leave_good_line_alone(tmp_path: Path, path: str, line: str) -> None:
    assert check(tmp_path, path, line) == []


def test_rules_refuse_vague_file_name(tmp_path: Path) -> None:
    assert check(tmp_path, "app/utils.py", "") == [
        "app/utils.py: say in the name what the file owns"
    ]


@pytest.mark.parametrize(("line_count", "found"), [(MAX_LINES, 0), (MAX_LINES + 1, 1)])
def test_rules_limit_file_length(tmp_path: Path, line_count: int, found: int) -> None:
    text = "x = 1\n" * (line_count - 2) + "def f():\n    return x\n"

    assert len(check(tmp_path, "app/long.py", text)) == found


def test_rules_let_declarations_be_long(tmp_path: Path) -> None:
    assert check(tmp_path, "app/domain/ports.py", "x = 1\n" * (MAX_LINES + 1)) == []


def test_tracked_files_include_new_ones(repository: Path) -> None:
    assert "tests/house/test_rules.py" in tracked_files(repository)
