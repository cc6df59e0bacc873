import pytest

from app.domain.errors import KnownError
from app.domain.ports import ExportOptions
from app.export import seglst
from app.export.passages import passages
from tests.fakes.transcripts import nasty_transcript

pytestmark = pytest.mark.unit


def test_segments_are_read_back():
    transcript = nasty_transcript()

    rows = seglst.read(b"".join(seglst.write(transcript, ExportOptions())))

    shown = passages(transcript)
    assert [(row.speaker, row.words) for row in rows] == [(p.speaker, p.text) for p in shown]
    assert [round(row.start_s * 16_000) for row in rows] == [p.span.start for p in shown]
    assert [round(row.end_s * 16_000) for row in rows] == [p.span.end for p in shown]


def test_keys_of_other_programs_are_passed_over():
    data = (
        b'[{"session_id": "s", "start_time": "1.5", "end_time": 2, "words": "a b",'
        b' "speaker": "x", "stream": "mic"}]'
    )

    assert seglst.read(data) == (
        seglst.SegLstRow(session_id="s", start_s=1.5, end_s=2.0, words="a b", speaker="x"),
    )


@pytest.mark.parametrize("data", [b"", b"{}x", b'{"a": 1}', b"[1]", b'[{"words": "x"}]', b"7"])
def test_other_files_are_refused(data):
    with pytest.raises(KnownError, match="not a SegLST file"):
        seglst.read(data)
