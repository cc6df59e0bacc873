"""Crosstalk's own JSON, schema "crosstalk.transcript/1": everything, and it can be read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.domain.errors import KnownError
from app.domain.facts import SpeakerFacts
from app.domain.ids import MeetingId, SegmentId, SpeakerId, StreamId, TrackId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.meeting import Meeting, MeetingSource, MeetingState, MeetingTranscript
from app.domain.messages import (
    ModelUse,
    Notice,
    NoticeKind,
    SegmentStatus,
    SegmentUpdate,
    SpeakerTurn,
    TranscriptGap,
    Word,
)
from app.domain.ports import ExporterInfo, ExportOptions
from app.domain.recognition import CERTAIN
from app.domain.sentences import say
from app.domain.speakers import MeetingSpeaker, NameSource
from app.domain.transcript import UNSPACED_LANGUAGES, join_words
from app.domain.units import Span, to_samples
from app.export.passages import Passage, passages, shown_facts, speaker_names
from app.export.timecode import seconds_number

INFO = ExporterInfo(format_id="json", title="Crosstalk JSON", suffix=".json")
SCHEMA = "crosstalk.transcript/1"

_GAP = "gap"
"""The kind of a notice that stands for a stretch without transcript; it has `start` and `end`."""


def write(transcript: MeetingTranscript, options: ExportOptions) -> Iterator[bytes]:
    """Yield one JSON object with one segment per line; `options` change nothing."""
    yield f'{{"schema": {_dump(SCHEMA)},\n"meeting": {_dump(_meeting(transcript))},\n'.encode()
    facts = {row.track: row for row in shown_facts(transcript)}
    speakers = [_speaker(speaker, facts[speaker.track]) for speaker in transcript.speakers]
    yield from _array("speakers", speakers)
    yield b",\n"
    yield from _array("segments", (_segment(passage) for passage in passages(transcript)))
    yield b",\n"
    yield from _array("turns", _turns(transcript))
    yield b",\n"
    yield from _array("notices", _notices(transcript))
    yield b",\n"
    yield from _array("holds", _holds(transcript))
    yield b",\n"
    yield from _array("markers", _markers(transcript))
    yield b"}\n"


def read(data: bytes) -> MeetingTranscript:
    """The transcript that `write` wrote: segments, names, words, turns, gaps, notices and marks.

    A file without turns or marks gives none. Segments carry revision 0; what the file does not
    hold (audio files, corrections) is left out.

    Raises:
        KnownError: Not such a file, or of another schema version.
    """
    try:
        document = json.loads(data)
        schema = document["schema"]
    except (ValueError, TypeError, KeyError) as error:
        raise KnownError(
            "This is not a transcript that Crosstalk wrote: choose a file made by the json export."
        ) from error
    if schema != SCHEMA:
        raise KnownError(
            say(
                "This transcript is of schema {schema}, but this version reads {known}: open "
                "it with the version of Crosstalk that wrote it.",
                schema=schema,
                known=SCHEMA,
            )
        )
    try:
        return _to_transcript(document)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise KnownError(
            "This transcript is damaged and nothing was read: export it again."
        ) from error


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _array(name: str, rows: Iterator[object] | list[object]) -> Iterator[bytes]:
    yield f'"{name}": ['.encode()
    separator = "\n"
    for row in rows:
        # A lone surrogate, which UTF-8 cannot hold, becomes "?".
        yield f"{separator}{_dump(row)}".encode(errors="replace")
        separator = ",\n"
    yield b"]"


def _meeting(transcript: MeetingTranscript) -> object:
    meeting = transcript.meeting
    return {
        "id": meeting.meeting_id,
        "title": meeting.title,
        "started_at": meeting.started_at.isoformat(),
        "duration_s": meeting.duration_s,
        "language": meeting.language,
        "source": meeting.source,
        "state": meeting.state,
        "point": meeting.point,
        "streams": [
            {
                "stream": info.stream,
                "device": info.device,
                "rate_hz": info.rate_hz,
                "channels": info.channels,
                "dropped_samples": info.dropped_samples,
            }
            for info in meeting.streams
        ],
        "models": [
            {
                "id": model.model_id,
                "role": model.role,
                "version": model.version,
                "sha256": model.sha256,
            }
            for model in meeting.models
        ],
    }


def _speaker(speaker: MeetingSpeaker, facts: SpeakerFacts) -> object:
    return {
        "id": speaker.track,
        "name": speaker.label,
        "enrolled": speaker.speaker_id is not None,
        "confidence": speaker.confidence,
        "facts": {
            "talk_s": round(facts.talk_s, 3),
            "share": round(facts.share, 4),
            "turns": facts.turn_count,
            "overlap_s": round(facts.overlap_s, 3),
            "interruptions": facts.interruption_count,
        },
    }


def _segment(passage: Passage) -> object:
    return {
        "id": passage.segment_id,
        "stream": passage.stream,
        "speaker": passage.track,
        "start": seconds_number(passage.span.start),
        "end": seconds_number(passage.span.end),
        "text": passage.text,
        "overlap": passage.has_overlap,
        "words": [
            {
                "text": word.text,
                "start": seconds_number(word.span.start),
                "end": seconds_number(word.span.end),
                "p": word.probability,
            }
            for word in passage.words
        ],
    }


def _turns(transcript: MeetingTranscript) -> Iterator[object]:
    known = speaker_names(transcript)
    for turn in transcript.turns:
        yield {
            "stream": turn.stream,
            "speaker": turn.track if turn.track in known else None,
            "start": seconds_number(turn.span.start),
            "end": seconds_number(turn.span.end),
            "confidence": turn.confidence,
        }


def _notices(transcript: MeetingTranscript) -> list[object]:
    notices: list[object] = [
        {"kind": notice.kind, "stream": notice.stream, "text": notice.text}
        for notice in transcript.notices
    ]
    notices += [
        {
            "kind": _GAP,
            "stream": gap.stream,
            "text": gap.reason,
            "start": seconds_number(gap.span.start),
            "end": seconds_number(gap.span.end),
        }
        for gap in transcript.gaps
    ]
    return notices


def _holds(transcript: MeetingTranscript) -> Iterator[object]:
    for hold in transcript.holds:
        span = hold.span(transcript.meeting.duration_s)
        yield {
            "reason": hold.reason,
            "start": seconds_number(span.start),
            "end": seconds_number(span.end),
        }


def _markers(transcript: MeetingTranscript) -> Iterator[object]:
    for marker in transcript.markers:
        yield {"at": seconds_number(marker.at), "note": marker.note}


def _to_transcript(document: dict[str, Any]) -> MeetingTranscript:
    meeting = document["meeting"]
    # The file does not name a segment's language; the meeting's says how words are joined.
    language = meeting["language"] if meeting["language"] in UNSPACED_LANGUAGES else None
    segments, texts = [], {}
    for row in document["segments"]:
        segment = _to_segment(row, language)
        segments.append(segment)
        if row["text"] != join_words(segment.words, language):
            texts[segment.segment_id] = str(row["text"])
    rows = document["notices"]
    return MeetingTranscript(
        meeting=Meeting(
            meeting_id=MeetingId(meeting["id"]),
            title=meeting["title"],
            started_at=datetime.fromisoformat(meeting["started_at"]),
            state=MeetingState(meeting["state"]),
            source=MeetingSource(meeting["source"]),
            duration_s=meeting["duration_s"],
            language=meeting["language"],
            point=meeting["point"],
            models=tuple(
                ModelUse(
                    model_id=model["id"],
                    role=model["role"],
                    version=model["version"],
                    sha256=model["sha256"],
                )
                for model in meeting["models"]
            ),
        ),
        speakers=tuple(
            _to_speaker(row, index) for index, row in enumerate(document["speakers"], start=1)
        ),
        segments=tuple(segments),
        gaps=tuple(
            TranscriptGap(stream=StreamId(row["stream"]), span=_to_span(row), reason=row["text"])
            for row in rows
            if row["kind"] == _GAP
        ),
        notices=tuple(
            Notice(
                kind=NoticeKind(row["kind"]),
                stream=None if row["stream"] is None else StreamId(row["stream"]),
                text=row["text"],
            )
            for row in rows
            if row["kind"] != _GAP
        ),
        edited_texts=texts,
        turns=tuple(_to_turn(row) for row in document.get("turns", ())),
        holds=tuple(_to_hold(row) for row in document.get("holds", ())),
        markers=tuple(
            Marker(at=to_samples(row["at"]), note=str(row["note"]))
            for row in document.get("markers", ())
        ),
    )


def _to_hold(row: dict[str, Any]) -> Hold:
    span = _to_span(row)
    return Hold(start=span.start, end=span.end, reason=HoldReason(row["reason"]))


def _to_speaker(row: dict[str, Any], index: int) -> MeetingSpeaker:
    is_enrolled, name = bool(row["enrolled"]), str(row["name"])
    if is_enrolled and row["confidence"] is not None and row["confidence"] < CERTAIN:
        name = name.removesuffix("?")
    is_default = name == f"Speaker {index}" and not is_enrolled
    track = TrackId(row["id"])
    return MeetingSpeaker(
        track=track,
        index=index,
        name=None if is_default else name,
        # The file says that the person is enrolled, not under which id.
        speaker_id=SpeakerId(f"imported-{track}") if is_enrolled else None,
        source=(
            NameSource.ENROLLED
            if is_enrolled
            else NameSource.NONE
            if is_default
            else NameSource.USER
        ),
        confidence=row["confidence"],
    )


def _to_segment(row: dict[str, Any], language: str | None) -> SegmentUpdate:
    words = tuple(
        Word(text=word["text"], span=_to_span(word), probability=word["p"]) for word in row["words"]
    )
    return SegmentUpdate(
        segment_id=SegmentId(row["id"]),
        revision=0,
        stream=StreamId(row["stream"]),
        span=_to_span(row),
        track=_to_track(row["speaker"]),
        words=words,
        status=SegmentStatus.FINAL,
        committed=len(words),
        language=language,
        has_overlap=bool(row["overlap"]),
    )


def _to_turn(row: dict[str, Any]) -> SpeakerTurn:
    return SpeakerTurn(
        stream=StreamId(row["stream"]),
        span=_to_span(row),
        track=_to_track(row["speaker"]),
        confidence=row["confidence"],
    )


def _to_track(speaker: str | None) -> TrackId | None:
    return None if speaker is None else TrackId(speaker)


def _to_span(row: dict[str, Any]) -> Span:
    return Span.from_seconds(row["start"], row["end"])
