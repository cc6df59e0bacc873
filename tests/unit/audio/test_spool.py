import threading

import numpy as np
import pytest

from app.audio.spool import Spool, open_finished, to_float, to_int16

pytestmark = pytest.mark.unit


@pytest.fixture
def spool(tmp_path):
    spool = Spool.create(tmp_path / "mic.s16")
    yield spool
    spool.close()


def test_samples_are_on_disk_before_append_returns(spool):
    spool.append(np.array([1, -2, 32_767], dtype=np.int16))

    assert spool.path.read_bytes() == b"\x01\x00\xfe\xff\xff\x7f"
    assert spool.sample_count == 3


def test_read_waits_for_samples_when_it_is_at_the_end(spool):
    answers = []
    reader = threading.Thread(
        target=lambda: answers.append(spool.read(0, 10, timeout_s=10)), name="reader"
    )
    reader.start()

    spool.append(np.array([16_384, -32_768], dtype=np.int16))
    reader.join(10)

    assert answers[0].tolist() == [0.5, -1.0]
    assert answers[0].dtype == np.float32


def test_read_is_empty_when_nothing_comes_in_time(spool):
    answer = spool.read(0, 10, timeout_s=0.0)

    assert answer is not None
    assert len(answer) == 0


def test_read_is_none_at_the_end_of_a_closed_spool(spool):
    spool.append(np.zeros(4, dtype=np.int16))
    spool.close()

    assert len(spool.read(3, 10, timeout_s=1.0)) == 1
    assert spool.read(4, 10, timeout_s=1.0) is None
    assert spool.read(99, 10, timeout_s=1.0) is None


def test_closing_releases_a_waiting_reader(spool):
    answers = []
    reader = threading.Thread(
        target=lambda: answers.append(spool.read(0, 1, timeout_s=60)), name="reader"
    )
    reader.start()

    spool.close()
    reader.join(10)

    assert answers == [None]


def test_closed_spool_takes_no_more(spool):
    spool.close()
    spool.close()

    with pytest.raises(ValueError, match="closed"):
        spool.append(np.zeros(1, dtype=np.int16))


@pytest.mark.parametrize(("start", "count"), [(-1, 1), (0, 0)])
def test_read_refuses_impossible_ranges(spool, start, count):
    with pytest.raises(ValueError, match="cannot read"):
        spool.read(start, count, timeout_s=0)


def test_half_a_sample_at_the_end_of_a_stored_spool_is_ignored(tmp_path):
    path = tmp_path / "mic.s16"
    path.write_bytes(b"\x01\x00\x02\x00\x03")

    spool = open_finished(path)

    assert spool.sample_count == 2
    assert spool.is_closed
    assert to_int16(spool.read(0, 10, timeout_s=0)).tolist() == [1, 2]
    assert spool.read(2, 10, timeout_s=0) is None


def test_every_int16_survives_the_way_through_float():
    values = np.arange(-32_768, 32_768, dtype=np.int16)

    np.testing.assert_array_equal(to_int16(to_float(values)), values)


def test_too_loud_samples_are_clipped_not_wrapped():
    assert to_int16(np.array([1.5, -1.5], dtype=np.float32)).tolist() == [32_767, -32_768]
