import pytest

from app.domain.ids import SegmentId, StreamId
from app.domain.messages import SegmentStatus, SegmentUpdate, Word
from app.domain.units import Span

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("status", "texts", "expected"),
    [
        (SegmentStatus.FINAL, (), True),
        (SegmentStatus.FINAL, ("yes",), False),
        (SegmentStatus.PARTIAL, (), False),
    ],
)
def test_final_segment_without_words_is_retracted(
    status: SegmentStatus, texts: tuple[str, ...], expected: bool
) -> None:
    update = SegmentUpdate(
        segment_id=SegmentId("a"),
        revision=1,
        stream=StreamId.MIC,
        span=Span(0, 10),
        track=None,
        words=tuple(Word(text=text, span=Span(0, 10)) for text in texts),
        status=status,
        committed=len(texts),
    )

    assert update.is_retracted is expected
