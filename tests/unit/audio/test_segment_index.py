import pytest

from app.audio.segment_index import SegmentIndex, read_index, read_losses

pytestmark = pytest.mark.unit


def test_rows_are_read_as_they_were_written_before_the_index_is_closed(tmp_path):
    index = SegmentIndex(tmp_path, "mic")
    index.add("mic-0001", 0.0, rate_hz=48_000, channels=1)
    index.add("mic-0002", 30.0, rate_hz=16_000, channels=2)
    index.sync()

    assert read_index(tmp_path, "mic") == {"mic-0001": 0.0, "mic-0002": 30.0}
    index.close()


def test_losses_are_read_as_they_grew_beside_the_segments(tmp_path):
    index = SegmentIndex(tmp_path, "mic")
    index.lose(3.0, 3.5)
    index.add("mic-0001", 0.0, rate_hz=48_000, channels=1)
    index.lose(3.0, 4.25)
    index.lose(20.0, 21.0)
    index.close()

    assert read_losses(tmp_path, "mic") == ((3.0, 4.25), (20.0, 21.0))
    assert read_index(tmp_path, "mic") == {"mic-0001": 0.0}
    assert read_losses(tmp_path, "system") == ()


@pytest.mark.parametrize(
    "tail", ['{"segment": "mic-00', '{"segment": "mic-0002"}', '{"lost": [1.0]}', "\0\0\0"]
)
def test_line_that_a_crash_left_unfinished_ends_the_index(tmp_path, tail):
    (tmp_path / "mic.index.jsonl").write_text('{"segment": "mic-0001", "start": 0.0}\n' + tail)

    assert read_index(tmp_path, "mic") == {"mic-0001": 0.0}


def test_recording_without_an_index_has_no_places(tmp_path):
    assert read_index(tmp_path, "mic") == {}
