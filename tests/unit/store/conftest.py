import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.db import Database
from app.store.library import Library, open_library
from tests.fakes.meetings import SteppingClock, make_meeting


@pytest.fixture(scope="session")
def empty_library_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated library without data: copying it is ten times faster than making one."""
    path = tmp_path_factory.mktemp("empty") / "library.sqlite3"
    open_library(path).close()
    return path


@pytest.fixture
def library(tmp_path: Path, empty_library_file: Path) -> Iterator[Library]:
    path = tmp_path / "library.sqlite3"
    shutil.copy(empty_library_file, path)
    with open_library(path, clock=SteppingClock()) as opened:
        opened.meetings.create(make_meeting())
        yield opened


@pytest.fixture
def database(library: Library, tmp_path: Path) -> Iterator[Database]:
    """A second look at the file of `library`, below its stores."""
    opened = Database(tmp_path / "library.sqlite3")
    yield opened
    opened.close()
