"""Stored samples, read without loading them."""

import tempfile

import numpy as np
import pytest

from app.engine.spool_view import SpoolView

pytestmark = pytest.mark.unit


@pytest.fixture
def spool(tmp_path):
    path = tmp_path / "mic.s16"
    path.write_bytes(np.array([0, 16_384, -32_768, 32_767], dtype="<i2").tobytes())
    return path


def test_samples_are_scaled_to_one(spool):
    samples = SpoolView(spool).read(0, 4)

    assert samples.dtype == np.float32
    assert samples.tolist() == pytest.approx([0.0, 0.5, -1.0, 32_767 / 32_768])


def test_reading_is_cut_at_both_ends(spool):
    view = SpoolView(spool)

    assert len(view.read(-5, 2)) == 2
    assert len(view.read(3, 99)) == 1
    assert len(view.read(7, 9)) == 0


def test_count_limits_what_is_seen(spool):
    view = SpoolView(spool, sample_count=2)

    assert len(view) == view.sample_count == 2
    assert len(view.read(0, 4)) == 2


def test_count_beyond_the_file_is_what_is_stored(spool):
    assert len(SpoolView(spool, sample_count=100)) == 4


def test_half_a_sample_is_ignored(spool):
    spool.write_bytes(spool.read_bytes() + b"\x01")

    assert len(SpoolView(spool)) == 4


def test_empty_spool_reads_as_nothing(tmp_path):
    path = tmp_path / "mic.s16"
    path.write_bytes(b"")

    assert SpoolView(path).read(0, 10).tolist() == []


def test_file_without_a_name_is_read_after_it_is_closed():
    with tempfile.TemporaryFile() as file:
        file.write(np.array([0, 16_384], dtype="<i2").tobytes())
        file.flush()
        view = SpoolView.of_file(file, 2)

    assert len(view) == 2
    assert view.read(0, 9).tolist() == [0.0, 0.5]


def test_view_with_a_gain_is_louder_but_never_cut_off(tmp_path):
    path = tmp_path / "mic.s16"
    np.array([100, -200, 30_000], dtype="<i2").tofile(path)
    view = SpoolView(path)

    view.gain_db = 20.0

    assert view.read(0, 2) * 32_768 == pytest.approx([1_000, -2_000], rel=1e-5)
    assert view.read(0, 3).max() <= 0.98
