"""NIST's CTM: one line per word."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.ids import StreamId
from app.domain.meeting import MeetingTranscript
from app.domain.ports import ExporterInfo, ExportOptions
from app.export.names import field_token, one_line
from app.export.passages import passages
from app.export.timecode import duration_text, seconds_text

INFO = ExporterInfo(format_id="ctm", title="CTM (NIST)", suffix=".ctm")

_CHANNELS = {StreamId.MIX: "1", StreamId.MIC: "1", StreamId.SYSTEM: "2"}


def write(transcript: MeetingTranscript, options: ExportOptions) -> Iterator[bytes]:
    """Yield lines "<session> <channel> <start> <duration> <word> [<confidence>]".

    The microphone or the only stream is channel 1, system audio channel 2. Lines are in the order
    of channel and time, as scorers want them; CTM has no field for the speaker. `options` change
    nothing.
    """
    session = field_token(transcript.meeting.title, fallback="meeting")
    timed = [
        (_CHANNELS[passage.stream], word.span, "".join(one_line(word.text).split()), word)
        for passage in passages(transcript)
        for word in passage.words
    ]
    timed.sort(key=lambda item: (item[0], item[1].start))
    for channel, span, token, word in timed:
        if not token:
            continue
        confidence = "" if word.probability is None else f" {word.probability:.4f}"
        start, duration = seconds_text(span.start), duration_text(span.start, span.end)
        yield f"{session} {channel} {start} {duration} {token}{confidence}\n".encode()
