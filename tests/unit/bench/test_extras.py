from __future__ import annotations

import pytest

from app.bench.extras import require_extra
from app.domain.errors import KnownError

pytestmark = pytest.mark.unit


def test_a_missing_package_is_named_with_the_way_to_get_it():
    with pytest.raises(KnownError, match=r"nosuchpackage, .*pip install -e '\.\[bench\]'"):
        require_extra("nosuchpackage.part")


def test_a_module_that_is_there_is_returned():
    assert require_extra("json").loads("1") == 1
