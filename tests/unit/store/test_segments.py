import pytest

from app.domain.ids import SegmentId, TrackId
from app.domain.messages import Word
from app.domain.units import Span
from app.store import naming, segments, tracks
from app.store.db import Database
from app.store.library import Library
from app.store.segments import Edit
from app.store.tables import SegmentRevisionRow, SegmentRow
from tests.fakes.meetings import MEETING, make_update, patch_of

pytestmark = pytest.mark.unit


def test_edit_survives_the_log() -> None:
    words = (
        Word(text="won", span=Span(0, 5), probability=None),
        Word(text="two", span=Span(5, 9), probability=0.25),
    )
    edit = Edit(text="won two", span=Span(0, 9), words=words)

    assert Edit.from_record(edit.to_record()) == edit


def test_assigned_voice_comes_before_the_heard_one_and_merges_are_followed() -> None:
    row = SegmentRow(track="S1", assigned_track=None)
    roots = {TrackId("S1"): TrackId("S9"), TrackId("S2"): TrackId("S8")}

    heard = segments.effective_track(row, roots)
    row.assigned_track = "S2"

    assert heard == "S9"
    assert segments.effective_track(row, roots) == "S8"
    assert segments.effective_track(SegmentRow(track=None, assigned_track=None), roots) is None


def test_more_segments_than_one_statement_takes_are_all_found(
    library: Library, database: Database
) -> None:
    updates = [make_update(f"s{n}", "word", start=n) for n in range(1_203)]
    library.transcripts.apply(MEETING, patch_of(*updates))

    with database.read() as session:
        found = segments.find_rows(session, MEETING, [u.segment_id for u in updates])

    assert set(found) == {u.segment_id for u in updates}
    assert library.transcripts.transcript(MEETING).segments == tuple(updates)


def test_history_keeps_every_revision_in_whatever_order_it_came(
    library: Library, database: Database
) -> None:
    for revision, text in [(3, "three"), (1, "one"), (2, ""), (3, "three")]:
        library.transcripts.apply(MEETING, patch_of(make_update("a", text, revision=revision)))

    with database.read() as session:
        rows = session.query(SegmentRevisionRow).order_by(SegmentRevisionRow.revision).all()

    assert [(row.revision, row.text, row.track) for row in rows] == [
        (1, "one", "S1"),
        (2, "", "S1"),
        (3, "three", "S1"),
    ]


def test_words_of_the_machine_stay_below_an_edit(library: Library, database: Database) -> None:
    update = make_update("a", "one two")
    library.transcripts.apply(MEETING, patch_of(update))
    library.transcripts.edit_text(MEETING, SegmentId("a"), "won two")

    with database.read() as session:
        row = segments.find_row(session, MEETING, SegmentId("a"))
        assert row is not None
        heard = segments.machine_words(session, row)
        seen = segments.visible_words(session, MEETING)[row.segment_key]
        roots = naming.roots_of(tracks.track_rows(session, MEETING))
        shown = segments.visible_update(session, row, roots)

    assert heard == update.words
    assert [word.text for word in seen] == ["won", "two"]
    assert shown.words == tuple(seen)
