from __future__ import annotations

import pytest

from tests.fakes.people_desk import PeopleDesk


@pytest.fixture
def desk(qapp, tmp_path):
    made = PeopleDesk(tmp_path, qapp)
    yield made
    assert made.close()
    qapp.processEvents()
