from __future__ import annotations

import pytest

from tests.fakes.program import FakeProgram


@pytest.fixture
def program(tmp_path):
    made = FakeProgram(tmp_path)
    yield made
    made.context.recording.close()
