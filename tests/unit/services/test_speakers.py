from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.domain.errors import Category, KnownError
from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.meeting import MeetingState
from app.domain.messages import OverlapRegion
from app.domain.selection import LineSelection
from app.domain.speakers import NameSource
from app.domain.units import Span
from app.services.transcribing import TranscribeRequest
from tests.fakes.audio import write_audio
from tests.fakes.engine import MODELS
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit

ADA, BOB, NEITHER = 1000, 2000, 3000


def level(value, seconds=1.0):
    return np.full(int(16_000 * seconds), value / 32767, dtype=np.float32)


@pytest.fixture
def people(program, tmp_path):
    """Ada and Bob enrolled; the engine tells voices by their sample value."""
    program.engine.embeddings = {
        ADA: (1.0, 0.0, 0.0),
        BOB: (0.0, 1.0, 0.0),
        NEITHER: (0.5, 0.5, 0.7071),
    }
    service = program.context.speakers
    for name, value in (("Ada", ADA), ("Bob", BOB)):
        service.enroll(name, (write_audio(tmp_path / name, level(value)),), has_consent=True)
    return service


@pytest.fixture
def meeting(program, tmp_path, people):
    """Transcribe three stretches of 2 s: Ada, Bob, neither; returns the meeting's id."""

    def make(*segments, overlaps=()):
        audio = np.concatenate([level(ADA, 2), level(BOB, 2), level(NEITHER, 2)])
        program.engine.final = [MODELS, patch(*segments, overlaps=overlaps)]
        return program.context.transcribing.transcribe(
            TranscribeRequest(inputs={StreamId.MIX: write_audio(tmp_path / "m.wav", audio)}),
            program.listen,
        )

    return make


def names(program, meeting_id):
    return [s.name for s in program.library.transcripts.speakers(meeting_id)]


def test_enrolling_again_adds_to_the_person(people, tmp_path):
    more = write_audio(tmp_path / "more", level(ADA))

    profile = people.enroll(" ada ", (more, more), has_consent=True).profile

    assert (profile.name, profile.voiceprint_count) == ("Ada", 3)
    assert len(people.list()) == 2


@pytest.mark.parametrize(
    ("name", "count", "has_consent", "part"),
    [
        ("Eve", 1, False, "only when its owner agrees|kept only when"),
        (" ", 1, True, "give a name"),
        ("Eve", 0, True, "give a name"),
    ],
)
def test_enrolling_needs_consent_a_name_and_a_file(
    people, tmp_path, name, count, has_consent, part
):
    files = (write_audio(tmp_path / "e", level(ADA)),) * count

    with pytest.raises(KnownError, match=part):
        people.enroll(name, files, has_consent=has_consent)

    assert len(people.list()) == 2


def test_too_little_speech_stores_nothing(program, people, tmp_path):
    program.engine.speech_s = 1.5

    with pytest.raises(KnownError, match=r"1\.5 s of speech"):
        people.enroll("Eve", (write_audio(tmp_path / "e", level(ADA)),), has_consent=True)

    assert [p.name for p in people.list()] == ["Ada", "Bob"]


def test_identify_ranks_everybody(people, tmp_path):
    best, second = people.identify(write_audio(tmp_path / "x", level(BOB)))

    assert (best.profile.name, best.is_match) == ("Bob", True)
    assert (second.profile.name, second.is_match) == ("Ada", False)


def test_identify_needs_somebody_enrolled(program, tmp_path):
    with pytest.raises(KnownError, match="Nobody is enrolled"):
        program.context.speakers.identify(write_audio(tmp_path / "x"))


def test_enrolled_voices_are_named_and_others_are_not(program, meeting):
    meeting_id = meeting(
        segment("a", "one two", start_s=0, end_s=2, track="S1"),
        segment("b", "three four", start_s=2, end_s=4, track="S2"),
        segment("c", "five six", start_s=4, end_s=6, track="S3"),
    )

    assert names(program, meeting_id) == ["Ada", "Bob", None]
    first = program.library.transcripts.speakers(meeting_id)[0]
    assert (first.source, first.label) == (NameSource.ENROLLED, "Ada")
    assert first.confidence > 0.9


def test_two_voices_never_get_one_name(program, meeting):
    meeting_id = meeting(
        segment("a", "one", start_s=0, end_s=1.6, track="S1"),
        segment("b", "two", start_s=0.1, end_s=2, track="S2"),
    )

    assert sorted(names(program, meeting_id), key=str) == ["Ada", None]


def test_short_and_overlapped_speech_is_not_used(program, meeting):
    meeting_id = meeting(
        segment("a", "one", start_s=0, end_s=1.4, track="S1"),
        segment("b", "two", start_s=2, end_s=4, track="S2", has_overlap=True),
        segment("c", "six", start_s=4, end_s=6, track="S3"),
        overlaps=(
            OverlapRegion(stream=StreamId.MIX, span=Span(80_000, 81_000), tracks=(TrackId("S3"),)),
        ),
    )

    assert names(program, meeting_id) == [None, None, None]


def test_names_given_by_the_user_stay_and_are_not_given_twice(program, people, meeting):
    meeting_id = meeting(
        segment("a", "one two", start_s=0, end_s=2, track="S1"),
        segment("b", "three four", start_s=2, end_s=4, track="S2"),
    )
    program.context.library.rename_track(meeting_id, TrackId("S1"), "bob")

    people.recognise(meeting_id)

    assert names(program, meeting_id) == ["bob", None]


def test_a_name_that_no_longer_holds_is_taken_back(program, people, meeting):
    meeting_id = meeting(segment("a", "one two", start_s=0, end_s=2, track="S1"))
    people.forget(people.resolve("Ada").speaker_id)

    people.recognise(meeting_id)

    assert names(program, meeting_id) == [None]


def test_a_voice_without_speech_does_not_stop_the_others(program, people, meeting):
    del program.engine.embeddings[NEITHER]

    meeting_id = meeting(
        segment("a", "one two", start_s=0, end_s=2, track="S1"),
        segment("c", "five six", start_s=4, end_s=6, track="S3"),
    )

    assert names(program, meeting_id) == ["Ada", None]


def test_missing_weights_are_told(program, people, meeting, monkeypatch):
    meeting_id = meeting(segment("a", "one two", start_s=0, end_s=2, track="S1"))

    def refuse(job):
        raise KnownError("No weights.", category=Category.MISSING_MODEL)

    monkeypatch.setattr(program.engine, "embed", refuse)

    with pytest.raises(KnownError, match="No weights"):
        people.recognise(meeting_id)


def test_nothing_is_embedded_when_nobody_is_enrolled(program, tmp_path):
    program.engine.final = [MODELS, patch(segment("a", "one two", start_s=0, end_s=1))]

    program.context.transcribing.transcribe(
        TranscribeRequest(inputs={StreamId.MIX: write_audio(tmp_path / "x")}), program.listen
    )

    assert program.engine.embed_jobs == []


def test_people_can_be_renamed_merged_and_forgotten(people):
    ada, bob = people.resolve("Ada"), people.resolve("bob")

    people.rename(ada.speaker_id, " Ada L. ")
    people.merge(bob.speaker_id, ada.speaker_id)

    (only,) = people.list()
    assert (only.name, only.voiceprint_count) == ("Ada L.", 2)
    with pytest.raises(KnownError, match="themselves"):
        people.merge(ada.speaker_id, ada.speaker_id)
    with pytest.raises(KnownError, match="name is empty"):
        people.rename(ada.speaker_id, "")
    with pytest.raises(KnownError, match=r"Enrolled are Ada L\."):
        people.resolve("Eve")


def test_a_doubtful_name_has_a_question_mark_until_the_user_says_so(program, people, meeting):
    meeting_id = meeting(
        segment("a", "one", start_s=0, end_s=1.6, track="S1"),
        segment("b", "two", start_s=0.1, end_s=2, track="S2"),
    )
    speakers = program.library.transcripts.speakers
    doubtful = next(s for s in speakers(meeting_id) if s.name)
    assert (doubtful.name, doubtful.label) == ("Ada", "Ada?")
    assert 0.6 <= doubtful.confidence < 0.9

    program.context.library.rename_track(meeting_id, doubtful.track, "Ada")
    people.recognise(meeting_id)

    assert sorted(s.label for s in speakers(meeting_id)) in (
        ["Ada", "Speaker 1"],
        ["Ada", "Speaker 2"],
    )


def test_several_voices_in_one_recording_are_refused(program, people, tmp_path):
    program.engine.likeness = 0.1

    with pytest.raises(KnownError, match=r"e\.wav sounds like more than one voice.*Nothing was"):
        people.enroll("Eve", (write_audio(tmp_path / "e.wav", level(ADA)),), has_consent=True)

    assert [p.name for p in people.list()] == ["Ada", "Bob"]


def test_a_noisy_and_short_recording_is_stored_with_advice(program, people, tmp_path):
    program.engine.speech_s, program.engine.snr_db = 6.0, 4.0

    enrollment = people.enroll("Eve", (write_audio(tmp_path / "e", level(ADA)),), has_consent=True)

    assert enrollment.profile.voiceprint_count == 1
    assert [sentence.split(" ")[0] for sentence in enrollment.warnings] == ["There", "The"]


def test_a_voice_is_enrolled_from_a_meeting_and_named_there(program, people, meeting):
    meeting_id = meeting(
        segment("a", "one two", start_s=0, end_s=2, track="S1"),
        segment("c", "five six", start_s=4, end_s=6, track="S3"),
    )

    enrollment = people.enroll_from_meeting("Eve", meeting_id, TrackId("S3"), has_consent=True)

    assert enrollment.profile.name == "Eve"
    voice = program.library.transcripts.speakers(meeting_id)[1]
    assert (voice.name, voice.source) == ("Eve", NameSource.USER)
    clip = program.engine.embed_jobs[-1].clips[0]
    assert not clip.exists()
    (kept,) = (program.paths.voices_dir / enrollment.profile.speaker_id).iterdir()
    assert kept.stat().st_size == 2 * 16_000 * 2


def test_a_voice_that_never_talks_alone_is_not_enrolled(program, people, meeting):
    meeting_id = meeting(segment("a", "one", start_s=0, end_s=1.0, track="S1"))

    with pytest.raises(KnownError, match="never talks alone"):
        people.enroll_from_meeting("Eve", meeting_id, TrackId("S1"), has_consent=True)
    with pytest.raises(KnownError, match="only when its owner agrees"):
        people.enroll_from_meeting("Eve", meeting_id, TrackId("S1"), has_consent=False)


def test_a_voice_is_enrolled_from_the_microphone(program, people):
    program.backend.samples = level(ADA, 2)

    with people.record() as recording:
        enrollment = people.enroll_recording("Eve", recording, has_consent=True)

    assert enrollment.profile.name == "Eve"
    assert len(list((program.paths.voices_dir / enrollment.profile.speaker_id).iterdir())) == 1


def test_voiceprints_are_made_again_when_the_model_changes(program, people, tmp_path):
    program.engine.embedding_id = "another-model"

    best = people.identify(write_audio(tmp_path / "x", level(BOB)))[0]

    assert best.profile.name == "Bob"
    assert {v.model_id for v in program.library.speakers.voiceprints()} == {"another-model"}
    assert [p.voiceprint_count for p in people.list()] == [1, 1]


def test_recordings_follow_a_merge_and_are_deleted_with_the_person(program, people):
    ada, bob = people.resolve("Ada"), people.resolve("Bob")
    folder = program.paths.voices_dir

    people.merge(bob.speaker_id, ada.speaker_id)
    assert len(list((folder / ada.speaker_id).iterdir())) == 2

    people.forget(ada.speaker_id)
    assert list(folder.iterdir()) == []


def test_listening_stops_at_the_length_that_a_file_does_not_fill(program, people, tmp_path):
    program.engine.speech_s = 4.0

    found = people.listen(write_audio(tmp_path / "x", level(ADA)), [1.0, 3.0, 10.0])

    assert len(found) == 2
    assert [job.max_speech_s for job in program.engine.embed_jobs[-3:]] == [1.0, 3.0, 10.0]
    assert people.calibration(found[0].model_id).model_id == "campplus-zh-en"
    assert len(people.listen(write_audio(tmp_path / "x", level(ADA)), [None])) == 1


# --- Learning from corrections ---


@pytest.fixture
def talk(program, meeting):
    """Ada, Bob and somebody else, none of them recognised; returns the meeting's id."""
    program.engine.embeddings = {
        ADA: (0.6, 0.0, 0.8),
        BOB: (0.0, 0.6, 0.8),
        NEITHER: (0.0, 0.0, 1.0),
    }
    return meeting(
        segment("a", "one two", start_s=0, end_s=2, track="S1"),
        segment("b", "three four", start_s=2, end_s=4, track="S2"),
        segment("c", "five six", start_s=4, end_s=6, track="S3"),
    )


def learned(program, meeting_id):
    people = {p.speaker_id: p.name for p in program.library.speakers.list()}
    return [
        (people[v.speaker_id], v.vector[:3].tolist())
        for v in program.library.speakers.voiceprints()
        if v.meeting_id == meeting_id
    ]


def test_a_name_given_by_the_user_teaches_the_enrolled_voice(program, people, talk):
    program.library.transcripts.rename_track(talk, TrackId("S1"), "ada")

    assert people.learn(talk) == 1
    assert people.learn(talk) == 1

    assert learned(program, talk) == [("Ada", pytest.approx([0.6, 0.0, 0.8]))]


def test_lessons_are_learned_again_when_the_model_changes(program, people, talk, tmp_path):
    program.library.transcripts.rename_track(talk, TrackId("S3"), "ada")
    people.learn(talk)
    program.engine.embedding_id = "another-model"

    people.identify(write_audio(tmp_path / "x", level(ADA)))

    prints = program.library.speakers.voiceprints()
    assert {v.model_id for v in prints} == {"another-model"}
    assert learned(program, talk) == [("Ada", pytest.approx([0.0, 0.0, 1.0]))]


def test_lessons_of_a_deleted_recording_do_not_stop_the_others(program, people, talk, tmp_path):
    program.library.transcripts.rename_track(talk, TrackId("S3"), "ada")
    assert people.learn(talk) == 1
    for spool in program.paths.data_dir.rglob("*.s16"):
        if program.paths.voices_dir not in spool.parents:
            spool.unlink()
    program.engine.embedding_id = "another-model"

    assert people.identify(write_audio(tmp_path / "x", level(ADA)))

    assert learned(program, talk) == []


def test_a_name_taken_away_is_unlearned(program, people, talk):
    program.library.transcripts.rename_track(talk, TrackId("S1"), "Ada")
    people.learn(talk)

    program.library.transcripts.rename_track(talk, TrackId("S1"), "Zoe")

    assert people.learn(talk) == 0
    assert learned(program, talk) == []


def test_lines_given_away_are_not_learned(program, people, talk):
    transcripts = program.library.transcripts
    transcripts.rename_track(talk, TrackId("S2"), "Bob")
    transcripts.give_lines(talk, [LineSelection(segment_id=SegmentId("b"))], TrackId("S3"))

    assert people.learn(talk) == 0


@pytest.mark.parametrize("name", ["Zoe", ""])
def test_only_enrolled_people_learn(program, people, talk, name):
    program.library.transcripts.rename_track(talk, TrackId("S1"), name)

    assert people.learn(talk) == 0


def test_nobody_learns_without_consent(program, people, talk):
    program.library.speakers.add("Zoe", has_consent=False)
    program.library.transcripts.rename_track(talk, TrackId("S1"), "Zoe")

    assert people.learn(talk) == 0


def test_names_by_recognition_teach_nothing(program, meeting, people):
    meeting_id = meeting(segment("a", "one two", start_s=0, end_s=2, track="S1"))

    assert names(program, meeting_id) == ["Ada"]
    assert people.learn(meeting_id) == 0


def test_too_little_speech_teaches_nothing(program, people, talk):
    program.library.transcripts.rename_track(talk, TrackId("S1"), "Ada")
    program.engine.speech_s = 4.0

    assert people.learn(talk) == 0


def test_what_was_enrolled_from_the_meeting_is_not_learned_again(program, people, talk):
    people.enroll_from_meeting("Ada", talk, TrackId("S1"), has_consent=True)

    assert people.learn(talk) == 0


def test_a_running_meeting_is_learned_at_its_end(program, people, talk, monkeypatch):
    program.library.transcripts.rename_track(talk, TrackId("S1"), "Ada")
    with monkeypatch.context() as patched:
        shown = program.library.transcripts.transcript(talk)
        running = replace(shown, meeting=replace(shown.meeting, state=MeetingState.RECORDING))
        patched.setattr(program.library.transcripts, "transcript", lambda _: running)
        assert people.learn(talk) == 0

    people.recognise(talk)

    assert [name for name, _ in learned(program, talk)] == ["Ada"]
