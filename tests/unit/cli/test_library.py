from __future__ import annotations

from dataclasses import replace

import pytest

from app.cli.library import track_of
from app.domain.errors import Category, KnownError
from app.domain.ids import TrackId
from app.domain.selection import whole_lines
from app.domain.speakers import MeetingSpeaker, NameSource
from app.domain.units import Span
from app.services.speakers import SpeakersService
from tests.fakes.audio import write_audio
from tests.fakes.engine import MODELS
from tests.fakes.program import patch, segment
from tests.fakes.transcripts import make_transcript

pytestmark = pytest.mark.unit


@pytest.fixture
def meeting_id(line, tmp_path):
    line.program.engine.final = [
        MODELS,
        patch(segment("a", "hello there"), segment("b", "good morning", start_s=5, track="S2")),
    ]
    return line.json("transcribe", str(write_audio(tmp_path / "talk.wav")))["id"]


def shown(line):
    return line.run("library", "show", "last").stdout.splitlines()


def test_list_shows_every_meeting(line, meeting_id):
    (record,) = line.json("library", "list")["meetings"]
    text = line.run("library", "list").stdout

    assert (record["id"], record["title"], record["words"]) == (meeting_id, "talk", 4)
    assert meeting_id in text
    assert "Speaker 1, Speaker 2" in text


def test_show_prints_lines_and_their_ids(line, meeting_id):
    assert shown(line)[1] == "[00:05] Speaker 2: good morning"
    with_ids = line.run("library", "show", meeting_id[:4], "--ids").stdout
    assert with_ids.startswith("a  [00:00] Speaker 1: hello there")
    record = line.json("library", "show", "talk")
    assert [s["text"] for s in record["segments"]] == ["hello there", "good morning"]


def test_search_finds_text(line, meeting_id):
    assert "good morning" in line.run("library", "search", "morning").stdout
    (hit,) = line.json("library", "search", "hello")["hits"]
    assert (hit["meeting"], hit["segment"], hit["start"]) == (meeting_id, "a", 0.0)
    assert "Nothing found" in line.run("library", "search", "nothing").stderr


def test_rename_and_delete_change_the_library(line, meeting_id, tmp_path):
    line.run("library", "rename", "last", "Standup")
    assert line.json("library", "list")["meetings"][0]["title"] == "Standup"

    refused = line.run("library", "delete", "last", exit_code=2)
    assert "--yes" in refused.stderr
    line.run("library", "delete", "Standup", "--yes")

    assert line.json("library", "list") == {"meetings": []}
    assert list(line.program.paths.recordings_dir.iterdir()) == []


def test_speakers_of_a_meeting_can_be_named_assigned_and_merged(line, meeting_id):
    line.run("library", "rename-speaker", "last", "speaker 1", "Ada")
    assert shown(line)[0] == "[00:00] Ada: hello there"

    assert line.run("library", "assign", "last", "b", "Ada").stdout == "Ada\n"
    assert shown(line)[1] == "[00:05] Ada: good morning"

    assert line.run("library", "assign", "last", "b", "new").stdout == "Speaker 3\n"
    line.run("library", "merge", "last", "Speaker 3", "Ada")
    assert shown(line)[1] == "[00:05] Ada: good morning"


def test_corrections_teach_enrolled_voices_and_stand_when_that_fails(line, meeting_id, monkeypatch):
    asked = []

    def learn(meeting):
        asked.append(meeting)
        if len(asked) > 1:
            raise KnownError("The model is missing.")
        return 1

    monkeypatch.setattr(line.program.context.speakers, "learn", learn)

    first = line.run("library", "rename-speaker", "last", "speaker 1", "Ada")
    second = line.run("library", "undo", "last")

    assert asked == [meeting_id, meeting_id]
    assert "1 enrolled voice learned." in first.stderr
    assert "no voice was learned from it: The model is missing." in second.stderr
    assert shown(line)[0] == "[00:00] Speaker 1: hello there"


def test_lines_are_given_to_a_new_voice_with_a_name(line, meeting_id):
    assert line.run("library", "assign", "last", "a", "b", "new", "--name", "Bo").stdout == "Bo\n"

    assert shown(line) == ["[00:00] Bo: hello there", "[00:05] Bo: good morning"]


def test_a_time_is_given_to_somebody(line, meeting_id):
    line.run("library", "assign", "last", "Speaker 1", "--from", "0:04", "--to", "0:09")

    assert shown(line)[1] == "[00:05] Speaker 1: good morning"
    nothing = ("library", "assign", "last", "S1", "--from", "1:00", "--to", "2:00")
    assert "Nobody says a word" in line.run(*nothing, exit_code=2).stderr


def test_a_voice_is_split_from_a_moment_to_the_end(line, meeting_id):
    line.run("library", "assign", "last", "b", "S1")

    line.run("library", "assign", "last", "new", "--of", "Speaker 1", "--from", "0:04")
    assert shown(line) == ["[00:00] Speaker 1: hello there", "[00:05] Speaker 3: good morning"]

    own = ("library", "assign", "last", "S1", "--of", "Speaker 1", "--from", "0:04")
    assert "Nobody says a word" in line.run(*own, exit_code=2).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("S1",),
        ("a", "S1", "--from", "1"),
        ("S1", "--to", "1"),
        ("a", "S1", "--of", "S2"),
        ("a", "S1", "--name", "Bo"),
        ("S1", "--from", "1", "--alike"),
    ],
)
def test_assign_says_what_it_needs(line, meeting_id, arguments):
    assert "Usage" in line.run("library", "assign", "last", *arguments, exit_code=2).stderr


def test_corrections_are_listed(line, meeting_id):
    line.run("library", "rename-speaker", "last", "S1", "Ada")
    line.run("library", "undo", "last")

    assert line.run("library", "corrections", "last").stdout.endswith("rename track (undone)\n")
    (record,) = line.json("library", "corrections", "last")["corrections"]
    assert (record["kind"], record["undone"]) == ("rename-track", True)


def test_a_line_can_be_edited_and_the_edit_undone_and_redone(line, meeting_id):
    line.run("library", "edit", "last", "a", "Hello there!")
    assert shown(line)[0] == "[00:00] Speaker 1: Hello there!"

    assert line.run("library", "undo", "last").stdout == "undone: edit text\n"
    assert shown(line)[0] == "[00:00] Speaker 1: hello there"

    assert line.run("library", "redo", "last").stdout == "redone: edit text\n"
    assert shown(line)[0] == "[00:00] Speaker 1: Hello there!"
    assert "nothing to redo" in line.run("library", "redo", "last").stderr


def test_changes_are_told_as_json(line, meeting_id):
    library = lambda *words: line.json("library", *words)  # noqa: E731

    assert library("rename", "last", "Standup") == {"meeting": meeting_id}
    named = {"meeting": meeting_id, "track": "S1", "speaker": "Ada"}
    assert library("rename-speaker", "last", "Speaker 1", "Ada") == named
    assert library("assign", "last", "b", "Ada") == named
    assert library("assign", "last", "b", "new")["speaker"] == "Speaker 3"
    assert library("merge", "last", "Speaker 3", "Ada") == named
    assert library("edit", "last", "a", "Hi.") == {"meeting": meeting_id, "segment": "a"}
    assert library("undo", "last")["correction"]["kind"] == "edit-text"
    assert library("redo", "last")["correction"]["undone"] is False
    assert library("redo", "last") == {"correction": None}
    assert library("delete", "last", "--yes") == {"meeting": meeting_id, "deleted": True}


def test_lines_that_sound_alike_are_given_together(line, meeting_id, monkeypatch):
    asked = []

    def sounding_like(_service, _meeting, segment_ids):
        asked.append(segment_ids)
        return ("a", "b")

    monkeypatch.setattr(SpeakersService, "sounding_like", sounding_like)

    line.run("library", "assign", "last", "a", "new", "--alike", "--name", "Bo")

    assert asked == [["a"]]
    assert shown(line) == ["[00:00] Bo: hello there", "[00:05] Bo: good morning"]


def test_refine_hears_a_part_again(line, meeting_id):
    line.run("library", "refine", "last", "--from", "0:02", "--to", "0:04")
    job = line.program.engine.jobs[-1]
    assert job.part == whole_lines(job.live_segments, Span.from_seconds(2, 4))

    refused = line.run("library", "refine", "last", "--from", "4", "--to", "2", exit_code=2)
    assert "--to has to be later than --from" in refused.stderr


def test_refine_runs_the_final_pass_again(line, meeting_id):
    line.program.engine.final = [MODELS, patch(segment("a", "hallo there", revision=9))]

    result = line.run("library", "refine", meeting_id)

    assert result.stdout.startswith("[00:00] Speaker 1: hallo there")
    line.program.engine.refine_error = KnownError("It broke.", category=Category.ENGINE)
    line.run("library", "refine", meeting_id, exit_code=3)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["show", "nothing"], "No meeting fits"),
        (["rename-speaker", "last", "Bob", "Ada"], "Known are Speaker 1 (S1)"),
        (["merge", "last", "S1", "S1"], "two voices"),
        (["edit", "last", "zzz", "text"], "no line zzz"),
        (["rename", "last", " "], "title is empty"),
    ],
)
def test_what_does_not_exist_exits_2(line, meeting_id, arguments, part):
    assert part in line.run("library", *arguments, exit_code=2).stderr


def test_an_empty_library_says_how_to_fill_it(line):
    assert "crosstalk transcribe" in line.run("library", "show", "last", exit_code=2).stderr


def test_the_record_of_a_meeting_holds_the_facts(line, meeting_id):
    record = line.json("library", "show", meeting_id)

    assert [s["facts"]["turns"] for s in record["speakers"]] == [1, 1]


def test_facts_say_who_talked_how_much(line, meeting_id):
    header, *rows = line.run("library", "show", meeting_id, "--facts").stdout.splitlines()
    record = line.json("library", "show", meeting_id, "--facts")

    assert header.split()[:3] == ["speaker", "named", "by"]
    assert header.split()[3:] == ["talk", "share", "turns", "overlap", "interruptions"]
    assert [row.split("  ")[0] for row in rows] == ["Speaker 1", "Speaker 2"]
    assert record["meeting"]["id"] == meeting_id
    assert [row["turns"] for row in record["speakers"]] == [1, 1]
    assert sum(row["share"] for row in record["speakers"]) == pytest.approx(1.0, abs=1e-3)


def test_a_doubtful_voice_is_found_by_its_bare_name():
    speaker = MeetingSpeaker(
        track=TrackId("S1"), index=1, name="Ada", source=NameSource.ENROLLED, confidence=0.7
    )
    transcript = replace(make_transcript(), speakers=(speaker,))

    assert track_of(transcript, "ada") == track_of(transcript, "Ada?") == TrackId("S1")


def test_audio_alone_is_deleted_and_the_text_stays(line, meeting_id):
    recordings = line.program.paths.recordings_dir / meeting_id
    assert recordings.exists()

    output = line.run("library", "delete", "last", "--audio-only", "--yes").stderr

    assert "the text is kept" in output
    assert not recordings.exists()
    assert shown(line)[1] == "[00:05] Speaker 2: good morning"


def test_sweep_says_what_is_due_before_it_deletes(line, meeting_id):
    settings = line.program.settings_file.current
    privacy = replace(settings.privacy, keep_audio_days=1)
    assert line.json("library", "sweep")["audio"] == []
    line.program.settings_file.save(replace(settings, privacy=privacy))
    line.program.clock.advance(86_400 * 3)

    assert line.json("library", "sweep", "--dry-run")["audio"] == [meeting_id]
    assert line.run("library", "sweep").stdout.strip() == f"{meeting_id} talk: audio"
    assert "Nothing is older" in line.run("library", "sweep").stderr
