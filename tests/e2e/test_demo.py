"""What `make run DEMO=1` does: the sample meeting through the live pipeline, headless."""

from __future__ import annotations

import pytest

from tests.e2e.transcripts import recall

pytestmark = pytest.mark.e2e


def test_the_demo_prints_three_people_as_they_speak(crosstalk):
    done = crosstalk("--demo", "--headless")

    live, _, refined = done.stdout.partition("After the final pass")
    for text in (live, refined):
        assert recall("the mining boom Jefferson Thorpe never occupied a position", text) == 1.0
        assert all(f"Speaker {number}:" in text for number in (1, 2, 3))
    assert "Speaker 4" not in refined
