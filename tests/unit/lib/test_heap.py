import subprocess
import sys

import pytest

from app.lib import heap

pytestmark = pytest.mark.unit

PROGRAM = """
import re, sys, threading
from pathlib import Path
import numpy as np
from app.lib.heap import share_heaps

if sys.argv[1] == "shared":
    assert share_heaps()

def work(turn):
    kept = []
    for number in range(40):
        block = np.ones((2_000_000 + 4_096 * number) // 8)
        kept.append(np.ones(2_000))  # keeps the heap from shrinking
        del block

for turn in range(2):
    threads = [threading.Thread(target=work, args=(turn,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
text = Path("/proc/self/smaps_rollup").read_text()
print(re.search(r"^Anonymous:\\s+(\\d+)", text, re.MULTILINE)[1])
"""


def held_mb(way: str, repository) -> float:
    """What a process holds after its threads have given back all but small blocks."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, way],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return int(done.stdout) / 1000


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has heaps per thread")
def test_threads_do_not_hold_what_they_gave_back(repository):
    assert held_mb("shared", repository) < held_mb("own", repository) - 10


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")

    assert not heap.share_heaps()
