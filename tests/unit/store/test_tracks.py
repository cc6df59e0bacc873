import pytest

from app.domain.errors import KnownError
from app.domain.ids import TrackId
from app.domain.speakers import NameSource
from app.store import tracks
from app.store.db import Database
from app.store.library import Library
from app.store.tables import TrackRow
from tests.fakes.meetings import MEETING, make_update, patch_of

pytestmark = pytest.mark.unit

S1, S2, S3 = TrackId("S1"), TrackId("S2"), TrackId("S3")


def make_row(index: int, **values: object) -> TrackRow:
    defaults: dict[str, object] = {
        "track_id": f"S{index}",
        "track_index": index,
        "name": None,
        "source": NameSource.NONE.value,
        "is_named_by_user": False,
        "is_made_by_user": False,
        "user_name": None,
        "merged_into": None,
        "speaker_id": None,
        "confidence": None,
    }
    return TrackRow(meeting_id=MEETING, **(defaults | values))


def rows_of(*rows: TrackRow) -> dict[TrackId, TrackRow]:
    return {TrackId(row.track_id): row for row in rows}


def test_voice_of_a_chain_is_the_last() -> None:
    rows = rows_of(make_row(1), make_row(2, merged_into="S1"), make_row(3, merged_into="S2"))

    assert tracks.known_root(rows, S3) is rows[S1]


def test_unknown_voice_is_said() -> None:
    with pytest.raises(KnownError, match="no such speaker"):
        tracks.known_root(rows_of(make_row(1)), S2)


def test_voice_that_the_user_made_is_taken_again_when_nothing_uses_it(
    library: Library, database: Database
) -> None:
    library.transcripts.apply(MEETING, patch_of(make_update("a", "one")))
    with database.write() as session:
        first = tracks.make_track(session, MEETING)
        again = tracks.make_track(session, MEETING)
    library.transcripts.rename_track(MEETING, first, "Ann")
    with database.write() as session:
        other = tracks.make_track(session, MEETING)

    assert first == again
    assert other != first
