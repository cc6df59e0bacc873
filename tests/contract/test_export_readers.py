"""Exports read back by the programs that they are for."""

import html
import io
import json
import subprocess
import sys
from pathlib import Path

import meeteval
import pysrt
import pytest
import webvtt
from docx import Document
from markdown_it import MarkdownIt

from app.domain.ids import StreamId, TrackId
from app.domain.ports import ExportOptions
from app.domain.speakers import MeetingSpeaker
from app.export.document import fact_lines
from app.export.names import one_line
from app.export.passages import passages
from app.export.registry import Exporters
from tests.fakes.transcripts import (
    ARROW_NAME,
    NEWLINE_NAME,
    make_segment,
    make_transcript,
    make_turn,
    nasty_transcript,
)

pytestmark = pytest.mark.contract

EXPORTERS = Exporters()
SESSION = "_;;_Q1_<review>_-->_plan"
MEETEVAL_WER = Path(sys.executable).with_name("meeteval-wer")


def export(format_id: str, transcript, **options: bool) -> bytes:
    return b"".join(EXPORTERS.write(format_id, transcript, ExportOptions(**options)))


def save(folder: Path, format_id: str, transcript) -> Path:
    suffix = next(i.suffix for i in EXPORTERS.infos() if i.format_id == format_id)
    file = folder / f"meeting{suffix}"
    file.write_bytes(export(format_id, transcript))
    return file


# --- MeetEval -------------------------------------------------------------------------------


def test_meeteval_reads_segments_of_seglst(tmp_path):
    transcript = nasty_transcript()

    rows = meeteval.io.load(save(tmp_path, "seglst", transcript))

    shown = passages(transcript)
    assert [(row["speaker"], row["words"]) for row in rows] == [(p.speaker, p.text) for p in shown]
    assert [round(row["start_time"] * 16_000) for row in rows] == [p.span.start for p in shown]
    assert [round(row["end_time"] * 16_000) for row in rows] == [p.span.end for p in shown]
    assert {row["session_id"] for row in rows} == {SESSION}


def test_seglst_rows_have_the_five_keys():
    rows = json.loads(export("seglst", nasty_transcript()))

    assert {tuple(row) for row in rows} == {
        ("session_id", "start_time", "end_time", "words", "speaker")
    }


def test_meeteval_reads_segments_of_stm(tmp_path):
    transcript = nasty_transcript()

    lines = meeteval.io.load(save(tmp_path, "stm", transcript)).lines

    shown = passages(transcript)
    assert [line.transcript for line in lines] == [one_line(p.text) for p in shown]
    assert [line.speaker_id for line in lines] == [
        "_".join(one_line(p.speaker).split()) for p in shown
    ]
    assert [round(line.begin_time * 16_000) for line in lines] == [p.span.start for p in shown]
    assert {line.filename for line in lines} == {SESSION}


def test_meeteval_reads_words_of_ctm(tmp_path):
    transcript = nasty_transcript()

    lines = meeteval.io.load(save(tmp_path, "ctm", transcript)).lines

    words = [(word.span.start, word.text) for p in passages(transcript) for word in p.words]
    assert sorted((round(line.begin_time * 16_000), line.word) for line in lines) == sorted(words)
    assert [(line.channel, line.begin_time) for line in lines] == sorted(
        (line.channel, line.begin_time) for line in lines
    )
    assert {line.channel for line in lines} == {"1", "2"}
    assert all(0 <= float(line.confidence) <= 1 for line in lines if line.confidence is not None)


def rttm_turns(folder: Path, transcript) -> list[tuple[str, float, float]]:
    """Speaker, start and end in seconds."""
    return [
        (line.speaker_id, float(line.begin_time), float(line.begin_time + line.duration))
        for line in meeteval.io.load(save(folder, "rttm", transcript)).lines
    ]


def test_meeteval_reads_turns_of_rttm_and_no_speaker_overlaps_itself(tmp_path):
    transcript = make_transcript(
        [
            make_segment("a", 1.0, "one two three", track="S1"),
            # 0.6 s after the end of "a": a turn of its own; "c" overlaps it and joins it.
            make_segment("b", 2.8, "four five", track="S1"),
            make_segment("c", 3.0, "echo of four", track="S1"),
            make_segment("d", 3.2, "over it", track="S2"),
            make_segment("e", 10.0, "slow words", track="S2", pause_s=0.7),
        ]
    )

    found = rttm_turns(tmp_path, transcript)

    assert found == [
        ("Speaker_1", 1.0, 2.2),
        ("Speaker_1", 2.8, 4.2),
        ("Speaker_2", 3.2, 4.0),
        ("Speaker_2", 10.0, 10.4),
        ("Speaker_2", 11.1, 11.5),
    ]


def test_meeteval_reads_the_turns_of_the_final_pass_and_not_its_words(tmp_path):
    speakers = [MeetingSpeaker(track=TrackId(f"S{i}"), index=i) for i in (1, 2, 3)]
    transcript = make_transcript(
        [make_segment("a", 1.0, "one two"), make_segment("b", 5.0, "three", track="S2")],
        speakers=speakers,
        # S3 says nothing that was recognised; between the turns of S1 lie 0.3 s.
        turns=[
            make_turn("S1", 0.9, 1.5),
            make_turn("S3", 1.2, 4.0),
            make_turn("S1", 1.8, 3.00005),
            make_turn("S9", 7.0, 8.0),
        ],
    )

    found = rttm_turns(tmp_path, transcript)

    assert found == [
        ("Speaker_1", 0.9, 1.5),
        ("Speaker_3", 1.2, 4.0),
        ("Speaker_1", 1.8, 3.00006),
        ("Unknown", 7.0, 8.0),
    ]


def test_stream_without_turns_is_read_by_its_words(tmp_path):
    transcript = make_transcript(
        [
            make_segment("a", 1.0, "one two", stream=StreamId.MIC),
            make_segment("b", 1.0, "three", track="S2"),
            make_segment("c", 3.0, "four", pause_s=0.3, stream=StreamId.MIC),
        ],
        turns=[make_turn("S2", 0.5, 2.0)],
    )

    found = rttm_turns(tmp_path, transcript)

    assert found == [
        ("Speaker_2", 0.5, 2.0),
        ("Speaker_1", 1.0, 1.8),
        ("Speaker_1", 3.0, 3.4),
    ]


def test_two_voices_of_one_name_never_overlap_in_rttm(tmp_path):
    speakers = [MeetingSpeaker(track=TrackId(f"S{i}"), index=i, name="Anna") for i in (1, 2)]
    transcript = make_transcript(
        [make_segment("a", 4.0, "word", stream=StreamId.MIC)],
        speakers=speakers,
        turns=[make_turn("S1", 1.0, 3.0), make_turn("S2", 2.0, 4.2)],
    )

    found = rttm_turns(tmp_path, transcript)

    assert found == [("Anna", 1.0, 4.4)]


def test_meeteval_reads_rttm_of_nasty_names(tmp_path):
    lines = meeteval.io.load(save(tmp_path, "rttm", nasty_transcript())).lines

    assert {line.speaker_id for line in lines} == {
        "Anna_Maria_|_O'Neil",
        'Bob_-->_"<b>Lee</b>"_&_Co',
        "דנה_לוי",
        "Speaker_4",
        "Unknown",
    }


def test_different_names_never_become_one_token(tmp_path):
    speakers = [
        MeetingSpeaker(track=TrackId("S1"), index=1, name="Anna Lee"),
        MeetingSpeaker(track=TrackId("S2"), index=2, name="Anna_Lee"),
        MeetingSpeaker(track=TrackId("S3"), index=3, name="<NA>"),
    ]
    transcript = make_transcript(
        [make_segment(t, i, "word", track=t) for i, t in enumerate(["S1", "S2", "S3"])],
        speakers=speakers,
    )

    lines = meeteval.io.load(save(tmp_path, "stm", transcript)).lines

    assert [line.speaker_id for line in lines] == ["Anna_Lee", "Anna_Lee_2", "_<NA>"]


@pytest.mark.parametrize("format_id", ["seglst", "stm", "ctm"])
def test_meeteval_scores_a_file_against_itself_without_error(tmp_path, format_id):
    file = save(tmp_path, format_id, nasty_transcript())
    result = tmp_path / "result.json"

    subprocess.run(
        [
            MEETEVAL_WER,
            "cpwer",
            "-r",
            file,
            "-h",
            file,
            "--average-out",
            result,
            "--per-reco-out",
            tmp_path / "per.json",
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )

    score = json.loads(result.read_text())
    assert score["errors"] == 0
    assert score["length"] > 50


# --- Captions -------------------------------------------------------------------------------


def test_pysrt_reads_cues_that_fit_the_screen():
    cues = pysrt.from_string(export("srt", nasty_transcript()).decode())

    assert [cue.index for cue in cues] == list(range(1, len(cues) + 1))
    for cue in cues:
        assert 0 < cue.duration.ordinal <= 7000
        assert len(cue.text.split("\n")) <= 2
        assert all(len(line) <= 42 + line.count("\u2060") for line in cue.text.split("\n"))
    starts = [cue.start.ordinal for cue in cues]
    assert starts == sorted(starts)


def test_srt_text_holds_all_words_and_no_markup():
    data = export("srt", nasty_transcript(), has_speakers=False).decode()

    cues = pysrt.from_string(data)

    text = " ".join(cue.text.replace("\n", " ") for cue in cues).replace("\u2060", "")
    assert "a --> b <i>and</i> {\\an8} *bold*" in text
    assert "This was heard quite wrong." in text
    assert data.count(" --> ") == len(cues)
    assert "<i>" not in data
    assert "{\\an8}" not in data


def test_srt_names_the_speaker_of_overlapping_cues():
    cues = pysrt.from_string(export("srt", nasty_transcript()).decode())

    at_six = [cue.text for cue in cues if cue.start.ordinal <= 6300 < cue.end.ordinal]

    assert [text.split(":")[0].replace("\u2060", "") for text in at_six] == [
        'Bob --> "<b>Lee</b>" & Co',
        "דנה לוי",
        "Anna Maria | O'Neil",
    ]


def test_webvtt_reads_cues_voices_and_text():
    data = export("vtt", nasty_transcript())

    cues = webvtt.from_buffer(io.BytesIO(data))

    by_voice: dict[str, str] = {}
    for cue in cues:
        voice = html.unescape(cue.voice)
        by_voice[voice] = f"{by_voice.get(voice, '')} {html.unescape(cue.text)}"
        length_ms = cue.end_time.in_milliseconds() - cue.start_time.in_milliseconds()
        assert 0 < length_ms <= 7000
        assert len(cue.lines) <= 2
    assert set(by_voice) == {
        one_line(NEWLINE_NAME),
        one_line(ARROW_NAME),
        "דנה לוי",
        "Speaker 4",
        "Unknown",
    }
    assert "a --> b <i>and</i> {\\an8}" in by_voice[one_line(ARROW_NAME)]
    assert data.decode().count("-->") == len(cues)


def test_vtt_is_strictly_valid():
    data = export("vtt", nasty_transcript())

    cues = webvtt.from_buffer(io.BytesIO(data), strict=True)

    assert len(cues) > 10


# --- Documents ------------------------------------------------------------------------------


def test_docx_reads_title_names_and_text():
    document = Document(io.BytesIO(export("docx", nasty_transcript())))

    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[0] == ";; Q1 <review> --> plan"
    assert "2026-03-04 15:30 UTC" in texts[1]
    assert "Anna Maria | O'Neil 00:00:36 This was heard quite wrong." in texts
    assert "00:00:28 [not transcribed: the recogniser failed]" in texts
    assert document.core_properties.title == ";; Q1 <review> --> plan"
    hebrew = next(p for p in document.paragraphs if "שלום" in p.text)
    assert all(run.font.rtl for run in hebrew.runs)
    english = next(p for p in document.paragraphs if "Good morning" in p.text)
    assert not any(run.font.rtl for run in english.runs)


@pytest.mark.parametrize("has_details", [True, False])
def test_markdown_renders_every_character_as_itself(has_details):
    transcript = nasty_transcript()
    data = export("md", transcript, has_speakers=has_details, has_timestamps=has_details).decode()

    tokens = MarkdownIt("commonmark").parse(data)

    blocks = [token.type for token in tokens if token.nesting == 1]
    lists = {"bullet_list_open", "list_item_open"} if has_details else set()
    assert set(blocks) == {"heading_open", "paragraph_open"} | lists
    shown = [
        "".join(child.content for child in token.children)
        for token in tokens
        if token.type == "inline"
    ]
    assert shown[0] == ";; Q1 <review> --> plan"
    items = sum(token.type == "list_item_open" for token in tokens)
    assert items == (len(fact_lines(transcript)) if has_details else 0)
    del shown[2 : 2 + items]
    texts = [line.split("): ", 1)[-1] for line in shown[2:]]
    assert texts[0] == "Good morning everyone and welcome."
    assert one_line(ARROW_NAME) in shown[3] or not has_details
    assert {one_line(p.text) for p in passages(transcript)} <= set(texts)


@pytest.mark.parametrize(
    "text",
    ["1. one", "2) two", "- dash", "+ plus", "> quote", "# head", "&amp; &#65; AT&T", "=== ---"],
)
def test_markdown_opens_no_block_and_no_entity(text):
    transcript = make_transcript([make_segment("a", 0.0, text)])
    data = export("md", transcript, has_speakers=False, has_timestamps=False).decode()

    tokens = MarkdownIt("commonmark").parse(data.split("\n\n", 2)[2])

    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert "".join(child.content for child in tokens[1].children) == text


def test_markdown_leaves_dates_as_they_are():
    transcript = make_transcript([make_segment("a", 0.0, "2026-11-27 it is")])

    data = export("md", transcript, has_speakers=False, has_timestamps=False).decode()

    assert "2026-11-27 it is" in data


def test_txt_has_one_line_per_segment_or_gap():
    transcript = nasty_transcript()

    lines = export("txt", transcript).decode().splitlines()

    assert lines[0] == ";; Q1 <review> --> plan"
    body = lines[lines.index("") + 1 :]
    assert len(body) == len(passages(transcript)) + len(transcript.gaps)
    assert body[0] == "[00:00:01] Anna Maria | O'Neil: Good morning everyone and welcome."
    assert "[00:00:28] [not transcribed: the recogniser failed]" in lines
