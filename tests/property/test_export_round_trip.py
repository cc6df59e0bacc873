"""Whatever a transcript holds, reading an export back gives the same segments."""

import io
import json
from dataclasses import replace
from itertools import pairwise

import meeteval
import pysrt
import pytest
import webvtt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.meeting import MeetingTranscript
from app.domain.messages import SpeakerTurn, Word
from app.domain.ports import ExportOptions
from app.domain.speakers import MeetingSpeaker
from app.domain.transcript import join_words
from app.domain.units import Span
from app.export import json as json_format
from app.export import seglst
from app.export.passages import passages
from app.export.registry import Exporters
from tests.fakes.transcripts import make_meeting, make_transcript, segment_of

pytestmark = pytest.mark.property

EXPORTERS = Exporters()
TRACKS = ["S1", "S2", "S3"]

texts = st.text(st.characters(codec="utf-8"), max_size=20)
tokens = st.text(
    st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=8
)
han = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=3)
probabilities = st.none() | st.floats(0, 1)


@st.composite
def segments(draw, number: int):
    language = draw(st.sampled_from(["en", "zh", None]))
    sample = draw(st.integers(0, 1_000_000))
    words = []
    for _ in range(draw(st.integers(1, 6))):
        start = sample + draw(st.integers(0, 20_000))
        sample = start + draw(st.integers(0, 20_000))
        text = draw(han if language == "zh" else tokens)
        words.append(Word(text=text, span=Span(start, sample), probability=draw(probabilities)))
    return segment_of(
        f"s{number}",
        words,
        track=draw(st.sampled_from([*TRACKS, None])),
        stream=draw(st.sampled_from(list(StreamId))),
        language=language,
    )


@st.composite
def turns(draw):
    """Turns of one track in one stream neither overlap nor touch."""
    found = []
    for stream in draw(st.sets(st.sampled_from(list(StreamId)))):
        for track in [*TRACKS, None]:
            sample = 0
            for _ in range(draw(st.integers(0, 3))):
                start = sample + draw(st.integers(1, 100_000))
                sample = start + draw(st.integers(1, 100_000))
                found.append(
                    SpeakerTurn(
                        stream=stream,
                        span=Span(start, sample),
                        track=None if track is None else TrackId(track),
                        confidence=draw(probabilities),
                    )
                )
    return tuple(sorted(found, key=lambda turn: (turn.span, turn.stream, turn.track or "")))


@st.composite
def holds(draw):
    """Only the last may have no end."""
    edges = sorted(draw(st.sets(st.integers(0, 900_000), max_size=6)))
    reasons = st.sampled_from(list(HoldReason))
    pairs = zip(edges[::2], [*edges[1::2], None], strict=False)
    return tuple(Hold(start=start, end=end, reason=draw(reasons)) for start, end in pairs)


@st.composite
def transcripts(draw):
    found = [draw(segments(number)) for number in range(draw(st.integers(0, 4)))]
    edited = {}
    for segment in found:
        if draw(st.booleans()):
            typed = draw(st.lists(tokens | texts, max_size=6))
            edited[SegmentId(segment.segment_id)] = " ".join(typed)
    return MeetingTranscript(
        meeting=make_meeting(draw(texts)),
        speakers=tuple(
            MeetingSpeaker(track=TrackId(track), index=index, name=draw(st.none() | texts))
            for index, track in enumerate(TRACKS, start=1)
        ),
        segments=tuple(found),
        edited_texts=edited,
        turns=draw(turns()),
        holds=draw(holds()),
        markers=tuple(
            Marker(at=at, note=note)
            for at, note in sorted(draw(st.lists(st.tuples(st.integers(0, 1_000_000), texts))))
        ),
    )


def export(format_id: str, transcript: MeetingTranscript) -> bytes:
    return b"".join(EXPORTERS.write(format_id, transcript, ExportOptions()))


@given(transcripts())
def test_json_read_back_shows_the_same_passages(transcript):
    data = export("json", transcript)

    again = json_format.read(data)

    assert passages(again) == passages(transcript)
    assert again.turns == transcript.turns
    assert again.markers == transcript.markers
    duration_s = transcript.meeting.duration_s
    for read, written in zip(again.holds, transcript.holds, strict=True):
        assert (read.span(0), read.reason) == (written.span(duration_s), written.reason)


@given(transcripts())
def test_json_read_back_is_written_the_same(transcript):
    data = export("json", transcript)

    again = export("json", json_format.read(data))

    assert json.loads(again)["segments"] == json.loads(data)["segments"]
    assert json.loads(again)["speakers"] == json.loads(data)["speakers"]
    assert json.loads(again)["turns"] == json.loads(data)["turns"]


@given(transcripts())
def test_passages_words_read_like_their_text(transcript):
    for passage in passages(transcript):
        assert "".join(word.text for word in passage.words) == "".join(passage.text.split())
        assert all(not any(map(str.isspace, word.text)) for word in passage.words)


@given(transcripts())
def test_unedited_passages_keep_every_word(transcript):
    by_id = {segment.segment_id: segment for segment in transcript.segments}
    for passage in passages(transcript):
        segment = by_id[passage.segment_id]
        if passage.text == join_words(segment.words, segment.language):
            assert passage.words == segment.words


@given(transcripts())
def test_seglst_read_back_gives_the_same_segments(transcript):
    rows = seglst.read(export("seglst", transcript))

    shown = passages(transcript)
    assert [(row.speaker, row.words) for row in rows] == [(p.speaker, p.text) for p in shown]
    assert [Span.from_seconds(row.start_s, row.end_s) for row in rows] == [p.span for p in shown]


@given(transcripts())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_every_line_of_stm_ctm_and_rttm_is_read_by_meeteval(transcript):
    stm = meeteval.io.STM.parse(export("stm", transcript).decode())
    ctm = meeteval.io.CTM.parse(export("ctm", transcript).decode())
    rttm = meeteval.io.RTTM.parse(export("rttm", transcript).decode())

    shown = passages(transcript)
    assert len(stm.lines) == len(shown)
    assert len({line.speaker_id for line in stm.lines}) == len({p.speaker for p in shown})
    assert all(line.duration >= 0 for line in ctm.lines)
    turns = sorted((line.speaker_id, line.begin_time, line.duration) for line in rttm.lines)
    for (speaker, start, duration), (next_speaker, next_start, _) in pairwise(turns):
        assert speaker != next_speaker or start + duration < next_start


@given(turns())
def test_rttm_of_named_voices_holds_exactly_their_turns(spoken):
    transcript = replace(
        make_transcript(speakers=[MeetingSpeaker(track=TrackId("S1"), index=1, name="A")]),
        turns=tuple(turn for turn in spoken if turn.track == "S1"),
    )

    lines = meeteval.io.RTTM.parse(export("rttm", transcript).decode()).lines

    heard: set[int] = set()
    for turn in transcript.turns:
        heard.update(range(turn.span.start, turn.span.end, 1_000))
    written = [
        Span.from_seconds(float(line.begin_time), float(line.begin_time + line.duration))
        for line in lines
    ]
    assert {sample for sample in heard if not any(s.contains(sample) for s in written)} == set()
    assert {edge for span in written for edge in (span.start, span.end)} <= {
        edge for turn in transcript.turns for edge in (turn.span.start, turn.span.end)
    }
    assert len(written) <= len(transcript.turns)


@given(transcripts())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_captions_are_read_whole_by_pysrt_and_webvtt(transcript):
    srt = pysrt.from_string(export("srt", transcript).decode(), error_handling=pysrt.ERROR_RAISE)
    unnamed = EXPORTERS.write("srt", transcript, ExportOptions(has_speakers=False))
    vtt = webvtt.from_buffer(io.BytesIO(export("vtt", transcript)), strict=True)

    assert len(pysrt.from_string(b"".join(unnamed).decode())) == len(vtt)
    assert all(0 < cue.duration.ordinal <= 7000 for cue in srt)
    assert all(1 <= len(cue.text.split("\n")) <= 2 for cue in srt)
    assert all(1 <= len(cue.lines) <= 2 for cue in vtt)
    assert bool(vtt.captions) == bool(len(srt))
