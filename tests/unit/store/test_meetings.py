import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.errors import BugError, KnownError
from app.domain.ids import MeetingId, StreamId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.meeting import MeetingState
from app.domain.messages import Health, Notice, NoticeKind, StageHealth
from app.store.library import Library
from tests.fakes.meetings import (
    MEETING,
    START,
    make_meeting,
    make_model,
    make_stream,
    make_turn,
    make_update,
    patch_of,
    turns_patch,
)

pytestmark = pytest.mark.unit

OTHER = MeetingId("0defaced")


def rows(library: Library, tmp_path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(tmp_path / "library.sqlite3")) as connection:
        return connection.execute(query).fetchall()


def test_meeting_is_found_as_it_was_created(library: Library, tmp_path: Path) -> None:
    meeting = replace(
        make_meeting(OTHER, "Später, 明天", state=MeetingState.DONE),
        streams=(make_stream(tmp_path / "r"), make_stream(tmp_path / "r", StreamId.SYSTEM)),
        duration_s=12.5,
        language="de",
        point="live",
        models=(make_model("vad"), make_model("asr")),
    )

    library.meetings.create(meeting)

    assert library.meetings.get(OTHER) == meeting


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_file_whose_name_is_no_unicode_is_found_again(library: Library, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(b"/music/caf\xe9.mp3"))
    stream = replace(make_stream(tmp_path / "r"), device=odd.name, original_paths=(odd,))

    library.meetings.set_streams(MEETING, (stream,), 1.0)
    library.meetings.add_notice(MEETING, Notice(kind=NoticeKind.OTHER, text=f"{odd} ends"), 0.0)

    (found,) = library.meetings.get(MEETING).streams
    assert found == replace(stream, device="caf?.mp3")
    (notice,) = library.transcripts.transcript(MEETING).notices
    assert notice.text == "/music/caf?.mp3 ends"


def test_id_cannot_be_taken_twice(library: Library) -> None:
    with pytest.raises(BugError, match="taken"):
        library.meetings.create(make_meeting())


def test_list_is_newest_first_with_speakers_and_words(library: Library) -> None:
    library.meetings.create(make_meeting(OTHER, started_at=START + timedelta(days=1)))
    library.transcripts.apply(
        MEETING,
        patch_of(
            make_update("a", "hello there", track="S2"),
            make_update("b", "hi", track="S1", start=20_000),
            make_update("c", "", track="S3"),
        ),
    )
    library.transcripts.rename_track(
        MEETING, library.transcripts.transcript(MEETING).speakers[0].track, "Ann"
    )

    summaries = library.meetings.list()

    assert [(s.meeting.meeting_id, s.speakers, s.word_count) for s in summaries] == [
        (OTHER, (), 0),
        (MEETING, ("Ann", "Speaker 3"), 3),
    ]
    assert summaries[1].meeting == library.meetings.get(MEETING)


def test_unfinished_meetings_are_those_that_somebody_works_on(library: Library) -> None:
    for number, state in enumerate(MeetingState):
        library.meetings.create(make_meeting(MeetingId(f"{number}"), state=state))
    library.meetings.delete(MEETING)

    found = {summary.meeting.state for summary in library.meetings.unfinished()}

    assert found == {MeetingState.RECORDING, MeetingState.REFINING}


def test_state_follows_the_legal_transitions(library: Library) -> None:
    library.meetings.set_state(MEETING, MeetingState.RECORDED)
    library.meetings.set_state(MEETING, MeetingState.RECORDED)
    library.meetings.set_state(MEETING, MeetingState.DONE)

    with pytest.raises(BugError):
        library.meetings.set_state(MEETING, MeetingState.RECORDING)

    assert library.meetings.get(MEETING).state is MeetingState.DONE


def test_streams_are_replaced_by_what_the_recorder_counted(
    library: Library, tmp_path: Path
) -> None:
    first = replace(make_stream(tmp_path), sample_count=None, original_paths=())
    library.meetings.set_streams(MEETING, [first], 0.0)

    library.meetings.set_streams(MEETING, [make_stream(tmp_path)], 2.0)

    meeting = library.meetings.get(MEETING)
    assert meeting.streams == (make_stream(tmp_path),)
    assert meeting.duration_s == 2.0


def test_models_are_replaced(library: Library) -> None:
    library.meetings.set_models(MEETING, [make_model("asr")])

    library.meetings.set_models(MEETING, [make_model("vad"), make_model("asr")])

    assert library.meetings.get(MEETING).models == (make_model("vad"), make_model("asr"))


def test_title_changes(library: Library) -> None:
    library.meetings.rename(MEETING, "  Budget\n2026 ")

    assert library.meetings.get(MEETING).title == "Budget 2026"


def test_empty_title_is_refused(library: Library) -> None:
    with pytest.raises(KnownError, match="needs a title"):
        library.meetings.rename(MEETING, " \n")

    assert library.meetings.get(MEETING).title == "Weekly sync"


def test_notices_are_listed_by_time_and_may_repeat(library: Library) -> None:
    late = Notice(kind=NoticeKind.BEHIND, text="The transcript is 5 s behind.")
    early = Notice(kind=NoticeKind.CLIPPING, text="Too loud.", stream=StreamId.MIC)
    library.meetings.add_notice(MEETING, late, 60.0)
    library.meetings.add_notice(MEETING, early, 1.0)
    library.meetings.add_notice(MEETING, late, 60.0)

    notices = library.transcripts.transcript(MEETING).notices

    assert notices == (early, late, late)


def test_health_is_kept_in_buckets_of_five_seconds(library: Library, tmp_path: Path) -> None:
    for second, queue_s in [(0.2, 1.0), (4.9, 3.0), (5.0, 2.0)]:
        stage = StageHealth(stage="asr", queue_s=queue_s, real_time_factor=queue_s / 10)
        health = Health(lag_s=queue_s * 2, stages=(stage,), rss_mb=100 + queue_s)
        library.meetings.add_health(MEETING, health, second)

    found = rows(
        library,
        tmp_path,
        "SELECT stage, bucket_s, health_count, queue_s_sum, queue_s_max, real_time_factor_max,"
        " lag_s_max, rss_mb_max, dropped_samples_max FROM stage_metrics ORDER BY bucket_s",
    )

    assert found == [
        ("asr", 0, 2, 4.0, 3.0, 0.3, 6.0, 103.0, 0),
        ("asr", 5, 1, 2.0, 2.0, 0.2, 4.0, 102.0, 0),
    ]


def test_deleted_meeting_leaves_nothing_behind(library: Library, tmp_path: Path) -> None:
    library.meetings.create(make_meeting(OTHER))
    library.meetings.set_streams(MEETING, [make_stream(tmp_path)], 1.0)
    library.meetings.set_models(MEETING, [make_model()])
    library.meetings.add_notice(MEETING, Notice(kind=NoticeKind.DISK, text="Full."), 1.0)
    library.transcripts.apply(
        MEETING,
        patch_of(make_update("a", "xylophone"), make_update("b", "zebra", track="S2")),
    )
    library.transcripts.apply(MEETING, turns_patch(make_turn("S1", 0, 9)))
    library.transcripts.edit_text(MEETING, make_update("a", "").segment_id, "quixotic")
    library.transcripts.merge_tracks(
        MEETING, *(s.track for s in library.transcripts.transcript(MEETING).speakers)
    )

    library.meetings.delete(MEETING)

    tables = [
        str(name)
        for (name,) in rows(
            library, tmp_path, "SELECT name FROM pragma_table_list WHERE type = 'table'"
        )
        if name not in ("schema_changes", "alembic_version", "sqlite_schema")
    ]
    counts = {
        name: rows(library, tmp_path, f"SELECT count(*) FROM {name}")[0][0] for name in tables
    }
    assert {name for name, count in counts.items() if count} == {"meetings"}
    assert [s.meeting.meeting_id for s in library.meetings.list()] == [OTHER]
    assert library.transcripts.search("quixotic") == ()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("library.sqlite3*"))
    assert not [word for word in (b"xylophone", b"quixotic", b"zebra") if word in content]


def test_unknown_meeting_is_said_by_every_method(library: Library, tmp_path: Path) -> None:
    calls = [
        lambda: library.meetings.get(OTHER),
        lambda: library.meetings.set_state(OTHER, MeetingState.DONE),
        lambda: library.meetings.set_streams(OTHER, [make_stream(tmp_path)], 1.0),
        lambda: library.meetings.set_models(OTHER, [make_model()]),
        lambda: library.meetings.rename(OTHER, "T"),
        lambda: library.meetings.delete(OTHER),
        lambda: library.meetings.add_notice(OTHER, Notice(kind=NoticeKind.DISK, text="Full."), 1.0),
        lambda: library.meetings.add_health(OTHER, Health(lag_s=0, stages=(), rss_mb=1), 1.0),
    ]

    for call in calls:
        with pytest.raises(KnownError, match="no meeting 0defaced"):
            call()


def test_marks_are_part_of_the_transcript(library: Library) -> None:
    hold = Hold(start=1, end=5, reason=HoldReason.OFF_RECORD)

    library.meetings.put_hold(MEETING, hold)
    library.meetings.add_marker(MEETING, Marker(at=7, note="two\x00 lines\n"))

    transcript = library.transcripts.transcript(MEETING)
    assert transcript.holds == (hold,)
    assert transcript.markers == (Marker(at=7, note="two lines"),)


def test_marks_of_an_unknown_meeting_are_refused(library: Library) -> None:
    with pytest.raises(KnownError, match="no meeting"):
        library.meetings.put_hold(
            MeetingId("nothing"), Hold(start=0, end=1, reason=HoldReason.PAUSED)
        )
    with pytest.raises(KnownError, match="no meeting"):
        library.meetings.add_marker(MeetingId("nothing"), Marker(at=0))
