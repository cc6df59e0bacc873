"""Readers of a spool see one list, wherever and whenever they read."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audio.spool import Spool, to_int16

pytestmark = pytest.mark.property

blocks = st.lists(st.lists(st.integers(-32_768, 32_767), max_size=30), max_size=12)
reads = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 50), st.integers(0, 12)), max_size=20
)


@given(blocks, reads)
def test_read_equals_a_slice_of_everything_written(written, wanted):
    twin: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool.create(Path(folder) / "mic.s16")
        for index, block in enumerate([*written, None]):
            if block is None:
                spool.close()
            else:
                spool.append(np.array(block, dtype=np.int16))
                twin.extend(block)
            for start, count, when in wanted:
                if when != index:
                    continue
                answer = spool.read(start, count, timeout_s=0)
                expected = twin[start : start + count]
                if answer is None:
                    assert expected == []
                    assert block is None
                else:
                    assert to_int16(answer).tolist() == expected
        assert spool.sample_count == len(twin)
