"""A process that dies while it writes loses nothing that was committed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.store.library import open_library
from tests.fakes.meetings import MEETING

pytestmark = pytest.mark.integration

REPOSITORY = Path(__file__).resolve().parents[2]

WRITER = """
import sys
from pathlib import Path
from app.store.library import open_library
from tests.fakes.meetings import MEETING, make_meeting, make_update, patch_of

library = open_library(Path(sys.argv[1]))
library.meetings.create(make_meeting())
number = 0
while True:
    first, second = (
        make_update(f"{part}{number}", f"word{number} of {part}", start=number * 24_000)
        for part in ("a", "b")
    )
    library.transcripts.apply(MEETING, patch_of(first, second))
    library.transcripts.edit_text(MEETING, first.segment_id, f"edited{number}")
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
    number += 1
"""


@pytest.mark.parametrize("commits", [1, 12, 40])
def test_killed_writer_loses_no_commit(tmp_path: Path, commits: int) -> None:
    path = tmp_path / "library.sqlite3"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        text=True,
    )
    assert writer.stdout is not None
    for _ in range(commits):
        writer.stdout.readline()

    writer.send_signal(signal.SIGKILL)
    confirmed = commits + len(writer.stdout.readlines())
    writer.wait(10)
    writer.stdout.close()

    with open_library(path) as library:
        transcript = library.transcripts.transcript(MEETING)
        found = library.transcripts.search("edited0")
    by_id = {s.segment_id: transcript.text_of(s) for s in transcript.segments}
    assert library.opening_notice is None
    assert len(found) == 1
    for number in range(confirmed):
        assert by_id[f"a{number}"] == f"edited{number}"
        assert by_id[f"b{number}"] == f"word{number} of b"
    halves = {segment_id[1:] for segment_id in by_id}
    assert len(by_id) == 2 * len(halves), "half a patch was stored"
