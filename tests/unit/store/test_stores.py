import threading
from pathlib import Path

import pytest

from app.store.library import Library
from app.store.stores import Stores
from tests.fakes.meetings import MEETING, SteppingClock, make_update, patch_of

pytestmark = pytest.mark.unit


def test_stores_share_one_file(library: Library, tmp_path: Path) -> None:
    stores = Stores(tmp_path / "library.sqlite3", SteppingClock(), busy_timeout_s=1.0)

    stores.transcripts.apply(MEETING, patch_of(make_update("a", "hello there")))

    assert stores.meetings.get(MEETING) == library.meetings.get(MEETING)
    assert library.shelf.list()[0].word_count == 2
    assert stores.speakers.list() == ()
    stores.close()


def test_library_opens_its_stores_once_for_all_threads(library: Library) -> None:
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(library.meetings)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert all(store is library.meetings for store in found)
