from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from app.domain.errors import KnownError
from app.domain.ids import SpeakerId, TrackId
from app.domain.ports import SpeakerStore
from app.domain.speakers import MeetingSpeaker, SpeakerProfile
from app.store.library import Library
from tests.fakes.meetings import MEETING, START, make_voiceprint, name_voice

pytestmark = pytest.mark.unit

S1 = TrackId("S1")
NOBODY = SpeakerId("p-0")


@pytest.fixture
def store(library: Library) -> SpeakerStore:
    return library.speakers


def voice(library: Library) -> MeetingSpeaker:
    return library.transcripts.transcript(MEETING).speakers[0]


def test_people_are_listed_by_name_with_their_voiceprints(store: SpeakerStore) -> None:
    bob = store.add("bob", has_consent=False)
    ann = store.add(" Ann  Lee ", has_consent=True)
    store.add_voiceprint(make_voiceprint(ann))
    store.add_voiceprint(make_voiceprint(ann, seed=2))

    found = store.list()

    assert [(p.name, p.has_consent, p.voiceprint_count) for p in found] == [
        ("Ann Lee", True, 2),
        ("bob", False, 0),
    ]
    assert [p.speaker_id for p in found] == [ann.speaker_id, bob.speaker_id]
    assert found[0].created_at == ann.created_at


@pytest.mark.parametrize("name", ["Ann", "ANN", " ann "])
def test_taken_name_is_refused(store: SpeakerStore, name: str) -> None:
    store.add("Ann", has_consent=True)

    with pytest.raises(KnownError, match="is taken"):
        store.add(name, has_consent=True)


def test_empty_name_is_refused(store: SpeakerStore) -> None:
    with pytest.raises(KnownError, match="needs a name"):
        store.add(" ", has_consent=True)


def test_voiceprint_is_found_bit_by_bit(store: SpeakerStore) -> None:
    stored = make_voiceprint(store.add("Ann", has_consent=True))
    store.add_voiceprint(stored)

    (found,) = store.voiceprints()

    assert found.vector.dtype == np.float32
    assert found.vector.tobytes() == stored.vector.tobytes()
    assert not found.vector.flags.writeable
    assert (found.speaker_id, found.model_id) == (stored.speaker_id, stored.model_id)
    assert (found.speech_s, found.created_at) == (12.5, datetime(2026, 3, 4, 15, 30, tzinfo=UTC))


def test_voiceprints_of_one_person_are_replaced(store: SpeakerStore) -> None:
    ann, bob = store.add("Ann", has_consent=True), store.add("Bob", has_consent=True)
    for person, seed in ((ann, 1), (ann, 2), (bob, 3)):
        store.add_voiceprint(make_voiceprint(person, seed=seed))
    fresh = make_voiceprint(ann, seed=4)

    store.replace_voiceprints(ann.speaker_id, [fresh])

    found = {v.speaker_id: v.vector.tobytes() for v in store.voiceprints()}
    assert found[ann.speaker_id] == fresh.vector.tobytes()
    assert [p.voiceprint_count for p in store.list()] == [1, 1]


def test_new_name_shows_in_past_meetings(store: SpeakerStore, library: Library) -> None:
    ann = store.add("Ann", has_consent=True)
    name_voice(library.transcripts, ann)

    store.rename(ann.speaker_id, "Anna")

    assert voice(library).label == "Anna"
    assert voice(library).speaker_id == ann.speaker_id
    assert store.list()[0].name == "Anna"


def test_new_name_shows_where_the_user_had_typed_the_old_one(
    store: SpeakerStore, library: Library
) -> None:
    ann = store.add("Ann", has_consent=True)
    name_voice(library.transcripts, ann)
    library.transcripts.rename_track(MEETING, S1, "Ann")

    store.rename(ann.speaker_id, "Anna")

    assert voice(library).label == "Anna"


def test_new_name_leaves_a_voice_that_the_user_calls_otherwise(
    store: SpeakerStore, library: Library
) -> None:
    ann = store.add("Ann", has_consent=True)
    name_voice(library.transcripts, ann)
    library.transcripts.rename_track(MEETING, S1, "Bob")

    store.rename(ann.speaker_id, "Anna")

    assert (voice(library).label, voice(library).speaker_id) == ("Bob", None)


def test_name_of_another_person_is_refused_and_ones_own_is_not(store: SpeakerStore) -> None:
    ann = store.add("Ann", has_consent=True)
    store.add("Bob", has_consent=True)

    store.rename(ann.speaker_id, "ANN")
    with pytest.raises(KnownError, match="Bob is taken"):
        store.rename(ann.speaker_id, "bob")

    assert [p.name for p in store.list()] == ["ANN", "Bob"]


def test_merged_people_share_voiceprints_and_meetings(
    store: SpeakerStore, library: Library
) -> None:
    ann, anna = store.add("Ann", has_consent=True), store.add("Anna", has_consent=True)
    store.add_voiceprint(make_voiceprint(ann))
    store.add_voiceprint(make_voiceprint(anna, seed=2))
    name_voice(library.transcripts, ann)

    store.merge(ann.speaker_id, anna.speaker_id)

    assert [(p.name, p.voiceprint_count) for p in store.list()] == [("Anna", 2)]
    assert (voice(library).label, voice(library).speaker_id) == ("Anna", anna.speaker_id)


def test_merge_with_oneself_changes_nothing(store: SpeakerStore) -> None:
    ann = store.add("Ann", has_consent=True)

    store.merge(ann.speaker_id, ann.speaker_id)

    assert len(store.list()) == 1


def test_consent_is_missing_when_one_of_two_merged_lacks_it(store: SpeakerStore) -> None:
    ann, anna = store.add("Ann", has_consent=False), store.add("Anna", has_consent=True)

    store.merge(ann.speaker_id, anna.speaker_id)

    assert not store.list()[0].has_consent


def test_forgotten_person_leaves_the_name_as_text(store: SpeakerStore, library: Library) -> None:
    ann = store.add("Ann", has_consent=True)
    name_voice(library.transcripts, ann)

    store.forget(ann.speaker_id)

    assert store.list() == ()
    assert (voice(library).label, voice(library).speaker_id) == ("Ann", None)


def test_forgotten_voice_is_gone_from_the_files(
    store: SpeakerStore, library: Library, tmp_path: Path
) -> None:
    ann = store.add("Ann", has_consent=True)
    voiceprint = make_voiceprint(ann)
    store.add_voiceprint(voiceprint)

    store.forget(ann.speaker_id)

    content = b"".join(path.read_bytes() for path in tmp_path.glob("library.sqlite3*"))
    assert store.voiceprints() == ()
    assert voiceprint.vector.tobytes()[:64] not in content


def test_unknown_person_is_said_by_every_method(store: SpeakerStore) -> None:
    ann = store.add("Ann", has_consent=True)
    nobody = SpeakerProfile(speaker_id=NOBODY, name="N", created_at=START, has_consent=True)
    calls = [
        lambda: store.rename(NOBODY, "X"),
        lambda: store.merge(NOBODY, ann.speaker_id),
        lambda: store.merge(ann.speaker_id, NOBODY),
        lambda: store.forget(NOBODY),
        lambda: store.add_voiceprint(make_voiceprint(nobody)),
        lambda: store.replace_voiceprints(nobody.speaker_id, []),
    ]

    for call in calls:
        with pytest.raises(KnownError, match="not enrolled"):
            call()


def test_what_a_meeting_taught_is_replaced_and_goes_with_it(
    store: SpeakerStore, library: Library
) -> None:
    ann = store.add("Ann", has_consent=True)
    enrolled = make_voiceprint(ann)
    store.add_voiceprint(enrolled)
    one, two = (replace(make_voiceprint(ann, seed=s), meeting_id=MEETING) for s in (2, 3))
    lost = replace(one, speaker_id=NOBODY)

    store.learn_voiceprints(MEETING, [one])
    store.learn_voiceprints(MEETING, [two, lost])

    assert [v.meeting_id for v in store.voiceprints()] == [None, MEETING]
    assert store.voiceprints()[1].vector.tolist() == two.vector.tolist()

    library.meetings.delete(MEETING)

    assert [v.meeting_id for v in store.voiceprints()] == [None]
