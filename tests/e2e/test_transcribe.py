"""`crosstalk transcribe` on real speech with the real models."""

from __future__ import annotations

import json

import pytest

from tests.e2e.recordings import ROOT, last_json
from tests.e2e.transcripts import (
    last_states,
    read_events,
    speaker_error_rate,
    stored_states,
)

pytestmark = pytest.mark.e2e

DATA = ROOT / "tests" / "data"
SAMPLE = ROOT / "resources" / "sample"


def test_two_streams_give_three_people_and_their_words(crosstalk, tmp_path):
    out = tmp_path / "out.json"

    done = crosstalk(
        "transcribe", "--mic", SAMPLE / "mic.flac", "--system", SAMPLE / "system.flac",
        f"--export=seglst={out}", "--json",
    )  # fmt: skip

    hypothesis = json.loads(out.read_text())
    reference = json.loads((SAMPLE / "reference.seglst.json").read_text())
    assert len({row["speaker"] for row in hypothesis}) == 3
    assert speaker_error_rate(reference, hypothesis) < 0.15
    assert last_json(done.stdout)["speakers"]


def test_live_events_end_where_the_library_is(crosstalk, tmp_path):
    events_file, out = tmp_path / "live.jsonl", tmp_path / "out.json"

    crosstalk(
        "transcribe", "--realtime", f"--events={events_file}", f"--export=json={out}",
        DATA / "two_speakers.flac",
    )  # fmt: skip

    events = read_events(events_file)
    stored = json.loads(out.read_text())
    kinds = [event["type"] for event in events]
    assert kinds[0] == "start"
    assert kinds[-1] == "done"
    assert {"partial", "final", "health"} <= set(kinds)
    assert last_states(events) == stored_states(stored)
    assert all(event["dropped_samples"] == 0 for event in events if event["type"] == "health")
    reference = json.loads((DATA / "two_speakers.seglst.json").read_text())
    hypothesis = [
        {
            "speaker": segment["speaker"] or "?",
            "words": segment["text"],
            "start_time": segment["start"],
            "end_time": segment["end"],
        }
        for segment in stored["segments"]
    ]
    assert speaker_error_rate(reference, hypothesis) < 0.2


def test_a_live_point_keeps_its_own_result(crosstalk, tmp_path):
    out = tmp_path / "out.json"

    crosstalk("transcribe", "--point", "live", f"--export=seglst={out}", DATA / "one_speaker.flac")

    reference = (DATA / "one_speaker.txt").read_text()
    hypothesis = json.loads(out.read_text())
    rows = [{"speaker": "a", "words": reference, "start_time": 0, "end_time": 8}]
    joined = " ".join(row["words"] for row in hypothesis)
    assert (
        speaker_error_rate(
            rows, [{"speaker": "a", "words": joined, "start_time": 0, "end_time": 8}]
        )
        < 0.2
    )


def test_library_finds_what_was_said_and_keeps_a_new_name(crosstalk, tmp_path):
    crosstalk("transcribe", DATA / "one_speaker.flac")
    word = (DATA / "one_speaker.txt").read_text().split()[-1].lower()

    hits = crosstalk("library", "search", word)
    crosstalk("library", "rename-speaker", "last", "Speaker 1", "Ada Lovelace")
    srt = tmp_path / "out.srt"
    crosstalk("export", "last", "srt", "-o", srt)

    assert word in hits.stdout.lower()
    assert "Ada Lovelace" in srt.read_text()
