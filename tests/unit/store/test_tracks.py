import pytest

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, SpeakerId, TrackId
from app.domain.speakers import NameSource
from app.store import tracks
from app.store.db import Database
from app.store.library import Library
from app.store.tables import TrackRow
from tests.fakes.meetings import MEETING, make_meeting, make_update, patch_of

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


def test_merged_voices_lead_to_the_last_of_the_chain() -> None:
    rows = rows_of(make_row(1), make_row(2, merged_into="S1"), make_row(3, merged_into="S2"))

    assert tracks.roots_of(rows) == {S2: S1, S3: S1}
    assert tracks.known_root(rows, S3) is rows[S1]


def test_unknown_voice_is_said() -> None:
    with pytest.raises(KnownError, match="no such speaker"):
        tracks.known_root(rows_of(make_row(1)), S2)


def test_name_of_recognition_carries_person_and_confidence() -> None:
    row = make_row(1, name="Ann", source="enrolled", speaker_id="p-1", confidence=0.9)

    speaker = tracks.speakers_of(rows_of(row))[S1]

    assert (speaker.label, speaker.source) == ("Ann", NameSource.ENROLLED)
    assert (speaker.speaker_id, speaker.confidence) == (SpeakerId("p-1"), 0.9)


@pytest.mark.parametrize(("typed", "person"), [("Ann", "p-1"), ("Bob", None), (None, None)])
def test_name_by_the_user_keeps_the_person_only_if_it_is_theirs(
    typed: str | None, person: str | None
) -> None:
    row = make_row(1, name="Ann", speaker_id="p-1", is_named_by_user=True, user_name=typed)

    speaker = tracks.speakers_of(rows_of(row))[S1]

    assert (speaker.name, speaker.speaker_id) == (typed, person)


def test_own_name_goes_before_that_of_a_merged_voice() -> None:
    merged = make_row(2, merged_into="S1", is_named_by_user=True, user_name="Bob")

    borrowed = tracks.speakers_of(rows_of(make_row(1), merged))
    own = tracks.speakers_of(rows_of(make_row(1, name="Ann"), merged))

    assert [s.label for s in borrowed.values()] == ["Bob"]
    assert [s.label for s in own.values()] == ["Ann"]
    assert borrowed[S1].index == 1


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


def test_labels_are_those_of_each_meeting(library: Library, database: Database) -> None:
    other = MeetingId("2")
    library.meetings.create(make_meeting(other))
    library.transcripts.apply(MEETING, patch_of(make_update("a", "one", track="S5")))
    library.transcripts.apply(
        other,
        patch_of(make_update("a", "one"), make_update("b", "two", track="S2", start=20_000)),
    )
    library.transcripts.rename_track(other, S2, "Ann")

    with database.read() as session:
        labels = tracks.labels_by_meeting(session)

    assert labels == {MEETING: ("Speaker 1",), other: ("Speaker 1", "Ann")}
