"""Lines that the user cut in two, because only a part of them is somebody else's.

The first part keeps the line's id, as an edited line; the second is a row of its own that the
machine never heard of. Taking the cut back hides that row; it is used again when the cut is redone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.errors import BugError
from app.domain.ids import MeetingId, SegmentId
from app.domain.messages import SegmentStatus, SegmentUpdate, Word
from app.domain.transcript import join_words
from app.domain.units import Span
from app.store import segments
from app.store.segments import Edit
from app.store.tables import SegmentRow

PART_MARK = "~"
"""Between the id of a line and the number of a part that was cut off it."""


def plan_cut(
    session: Session, meeting_id: MeetingId, row: SegmentRow, at: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values before and after cutting a line in front of its word `at`, for `write_cut`.

    Args:
        at: Above 0 and below the number of words that the user sees.
    """
    words = segments.visible_update(session, row, {}).words
    old = segments.edit_of(session, row)
    part = _free_id(session, meeting_id, SegmentId(row.segment_id))
    before = {
        "segment": row.segment_id,
        "edit": old.to_record() if old else None,
        "part": {"segment": part, "edit": None},
    }
    after = {
        "segment": row.segment_id,
        "edit": _edit(words[:at], row.language).to_record(),
        "part": {"segment": part, "edit": _edit(words[at:], row.language).to_record()},
    }
    return before, after


def write_cut(session: Session, meeting_id: MeetingId, values: Mapping[str, Any]) -> None:
    """Make one side of a cut the state of the tables."""
    row = segments.find_row(session, meeting_id, values["segment"])
    if row is None:
        raise BugError(f"a cut in {meeting_id} names a segment that is not stored")
    part = segments.find_row(session, meeting_id, values["part"]["segment"])
    if part is None:
        part = _make_part(session, row, values["part"]["segment"])
    for target, record in ((row, values["edit"]), (part, values["part"]["edit"])):
        segments.set_edit(session, target, Edit.from_record(record) if record else None)


def follow_parts(session: Session, meeting_id: MeetingId, heard: SegmentUpdate) -> None:
    """What the machine says of a line's speaker holds for the parts that were cut off it too."""
    prefix = f"{heard.segment_id}{PART_MARK}"
    session.execute(
        update(SegmentRow)
        .where(
            SegmentRow.meeting_id == meeting_id,
            SegmentRow.segment_id > prefix,
            SegmentRow.segment_id < f"{heard.segment_id}{chr(ord(PART_MARK) + 1)}",
        )
        .values(track=heard.track, speaker_confidence=heard.speaker_confidence)
    )


def _edit(words: Sequence[Word], language: str | None) -> Edit:
    span = Span(min(w.span.start for w in words), max(w.span.end for w in words))
    return Edit(text=join_words(words, language), span=span, words=tuple(words))


def _free_id(session: Session, meeting_id: MeetingId, segment_id: SegmentId) -> SegmentId:
    """An id for a part; one whose cut was taken back is used again."""
    number = 1
    while True:
        part = SegmentId(f"{segment_id}{PART_MARK}{number}")
        row = segments.find_row(session, meeting_id, part)
        if row is None or row.word_count == 0:
            return part
        number += 1


def _make_part(session: Session, row: SegmentRow, part: SegmentId) -> SegmentRow:
    made = SegmentRow(
        meeting_id=row.meeting_id,
        segment_id=part,
        revision=row.revision,
        status=SegmentStatus.FINAL.value,
        stream=row.stream,
        start_sample=row.start_sample,
        end_sample=row.end_sample,
        track=row.track,
        speaker_confidence=row.speaker_confidence,
        language=row.language,
        has_overlap=row.has_overlap,
        reason=None,
        assigned_track=row.assigned_track,
        search_text="",
        word_count=0,
        alternatives=[],
    )
    session.add(made)
    session.flush()
    return made
