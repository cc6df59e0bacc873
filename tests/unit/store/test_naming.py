import pytest

from app.domain.ids import SpeakerId, TrackId
from app.domain.speakers import NameSource
from app.store.naming import StoredTrack, roots_of, speakers_of

pytestmark = pytest.mark.unit

S1, S2, S3 = TrackId("S1"), TrackId("S2"), TrackId("S3")


def make_row(index: int, **values: object) -> StoredTrack:
    row = StoredTrack(
        track_id=f"S{index}",
        track_index=index,
        name=None,
        source=NameSource.NONE.value,
        confidence=None,
        speaker_id=None,
        user_name=None,
        is_named_by_user=False,
        merged_into=None,
    )
    return row._replace(**values)


def rows_of(*rows: StoredTrack) -> dict[TrackId, StoredTrack]:
    return {TrackId(row.track_id): row for row in rows}


def test_merged_voices_lead_to_the_last_of_the_chain() -> None:
    rows = rows_of(make_row(1), make_row(2, merged_into="S1"), make_row(3, merged_into="S2"))

    assert roots_of(rows) == {S2: S1, S3: S1}


def test_name_of_recognition_carries_person_and_confidence() -> None:
    row = make_row(1, name="Ann", source="enrolled", speaker_id="p-1", confidence=0.9)

    speaker = speakers_of(rows_of(row))[S1]

    assert (speaker.label, speaker.source) == ("Ann", NameSource.ENROLLED)
    assert (speaker.speaker_id, speaker.confidence) == (SpeakerId("p-1"), 0.9)


@pytest.mark.parametrize(("typed", "person"), [("Ann", "p-1"), ("Bob", None), (None, None)])
def test_name_by_the_user_keeps_the_person_only_if_it_is_theirs(
    typed: str | None, person: str | None
) -> None:
    row = make_row(1, name="Ann", speaker_id="p-1", is_named_by_user=True, user_name=typed)

    speaker = speakers_of(rows_of(row))[S1]

    assert (speaker.name, speaker.speaker_id) == (typed, person)


def test_own_name_goes_before_that_of_a_merged_voice() -> None:
    merged = make_row(2, merged_into="S1", is_named_by_user=True, user_name="Bob")

    borrowed = speakers_of(rows_of(make_row(1), merged))
    own = speakers_of(rows_of(make_row(1, name="Ann"), merged))

    assert [s.label for s in borrowed.values()] == ["Bob"]
    assert [s.label for s in own.values()] == ["Ann"]
    assert borrowed[S1].index == 1
