"""`crosstalk library`: the stored meetings and the user's corrections."""

from __future__ import annotations

from typing import Any

import click

from app.cli.live import MeetingLog, interruptible, show_notes, show_progress, tell_all
from app.cli.outcome import outcome_record, show_outcome
from app.cli.selection import MomentParam, read_line, span_between
from app.cli.session import Session, common_options, current_session, json_option
from app.cli.terminal import confirm
from app.cli.wording import (
    clock_time,
    facts_records,
    meeting_record,
    name_reason,
    segment_lines,
    transcript_lines,
    transcript_record,
)
from app.domain.errors import KnownError
from app.domain.facts import meeting_facts
from app.domain.ids import MeetingId, SegmentId, TrackId
from app.domain.meeting import MeetingTranscript
from app.domain.ports import Correction
from app.domain.selection import LineSelection, words_within

NEW_VOICE = "new"


@click.group()
@common_options
def library() -> None:
    """Work with stored meetings. MEETING is an id, the start of one, a title, or last."""


@library.command("list")
@json_option
@common_options
def list_meetings() -> None:
    """Show all meetings, newest first."""
    session = current_session()
    summaries = session.context.library.list()
    if session.is_json:
        session.writer.json(
            {
                "meetings": [
                    meeting_record(s.meeting)
                    | {"speakers": list(s.speakers), "words": s.word_count}
                    for s in summaries
                ]
            }
        )
        return
    session.writer.table(
        ["id", "started", "length", "state", "words", "title", "speakers"],
        [
            [
                s.meeting.meeting_id,
                f"{s.meeting.started_at.astimezone():%Y-%m-%d %H:%M}",
                clock_time(s.meeting.duration_s),
                s.meeting.state.value,
                str(s.word_count),
                s.meeting.title,
                ", ".join(s.speakers),
            ]
            for s in summaries
        ],
    )


@library.command()
@click.argument("meeting")
@click.option("--ids", is_flag=True, help="Show the id of every line, for edit and assign.")
@click.option("--facts", is_flag=True, help="Show who talked how much instead of the text.")
@json_option
@common_options
def show(meeting: str, ids: bool, facts: bool) -> None:
    """Show the transcript of MEETING."""
    session = current_session()
    transcript = _transcript(session, meeting)
    if facts:
        _show_facts(session, transcript)
        return
    if session.is_json:
        session.writer.json(transcript_record(transcript))
        return
    for line in segment_lines(transcript) if ids else transcript_lines(transcript):
        session.writer.result(line)
    if not transcript.segments:
        session.writer.note(f"No text yet; the meeting is {transcript.meeting.state}.")


@library.command()
@click.argument("text")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@json_option
@common_options
def search(text: str, limit: int) -> None:
    """Find TEXT in all meetings; every word has to occur."""
    session = current_session()
    hits = session.context.library.search(text, limit=limit)
    if session.is_json:
        session.writer.json(
            {
                "hits": [
                    {
                        "meeting": hit.meeting_id,
                        "title": hit.meeting_title,
                        "segment": hit.segment_id,
                        "stream": hit.stream.value,
                        "start": round(hit.span.start_s, 3),
                        "end": round(hit.span.end_s, 3),
                        "speaker": hit.speaker,
                        "snippet": hit.snippet,
                    }
                    for hit in hits
                ]
            }
        )
        return
    for hit in hits:
        start = clock_time(hit.span.start_s)
        session.writer.result(f"{hit.meeting_id} [{start}] {hit.speaker}: {hit.snippet}")
    if not hits:
        session.writer.note("Nothing found.")


@library.command()
@click.argument("meeting")
@click.argument("title")
@json_option
@common_options
def rename(meeting: str, title: str) -> None:
    """Change the title of MEETING."""
    session = current_session()
    meeting_id = _find(session, meeting)
    session.context.library.rename(meeting_id, title)
    _changed(session, meeting_id)


@library.command()
@click.argument("meeting")
@click.option("--audio-only", is_flag=True, help="Delete the recording, keep the text.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@common_options
def delete(meeting: str, audio_only: bool, yes: bool) -> None:
    """Delete MEETING with its recording."""
    session = current_session()
    found = session.context.library.resolve(meeting)
    what = (
        f"the recording of {found.title!r}" if audio_only else f"{found.title!r} and its recording"
    )
    is_wanted = yes or confirm(f"Delete {what} for good?", option="--yes")
    if is_wanted and audio_only:
        freed = session.context.retention.delete_audio(found.meeting_id)
        session.writer.note(f"{freed / 1e6:.1f} MB are freed; the text is kept.")
    elif is_wanted:
        session.context.library.delete(found.meeting_id)
        session.writer.note(f"{found.title!r} is deleted.")
    _changed(session, found.meeting_id, deleted=is_wanted)


@library.command()
@click.option("--dry-run", is_flag=True, help="Say what is due, delete nothing.")
@json_option
@common_options
def sweep(dry_run: bool) -> None:
    """Delete what is older than the settings allow (see [privacy] in settings.toml)."""
    session = current_session()
    retention = session.context.retention
    found = retention.due() if dry_run else retention.sweep()
    if session.is_json:
        session.writer.json(
            {
                "meetings": [meeting.meeting_id for meeting in found.meetings],
                "audio": [meeting.meeting_id for meeting in found.audio],
                "bytes": found.size_bytes,
                "deleted": not dry_run,
            }
        )
        return
    for meeting in found.meetings:
        session.writer.result(f"{meeting.meeting_id} {meeting.title}: meeting")
    for meeting in found.audio:
        session.writer.result(f"{meeting.meeting_id} {meeting.title}: audio")
    if found.is_empty:
        session.writer.note("Nothing is older than the settings allow.")


@library.command()
@click.argument("meeting")
@click.option("--from", "start", type=MomentParam(), help="Only transcribe what is said from here")
@click.option("--to", "end", type=MomentParam(), help="... to; who speaks stays as it is.")
@json_option
@common_options
def refine(meeting: str, start: float | None, end: float | None) -> None:
    """Run the final pass over MEETING (again); your corrections stay."""
    session = current_session()
    part = span_between(start, end)
    writer = session.writer
    meeting_id = _find(session, meeting)
    log = MeetingLog()
    stopping = "Stopping; the meeting is kept. Press Ctrl-C again to leave at once."
    with writer.progress() as progress, interruptible(lambda: writer.warning(stopping)) as cancel:
        listener = tell_all(log, show_progress(progress), show_notes(writer))
        session.context.transcribing.refine(meeting_id, listener, cancel, part=part)
    if session.is_json:
        writer.json(outcome_record(session, meeting_id, log, []))
    else:
        show_outcome(session, meeting_id, log)


@library.command("rename-speaker")
@click.argument("meeting")
@click.argument("speaker")
@click.argument("name")
@json_option
@common_options
def rename_speaker(meeting: str, speaker: str, name: str) -> None:
    """Name SPEAKER (a label like "Speaker 1", or a track like S1) in MEETING."""
    session = current_session()
    transcript = _transcript(session, meeting)
    track = track_of(transcript, speaker)
    session.context.library.rename_track(transcript.meeting.meeting_id, track, name)
    _learn(session, transcript.meeting.meeting_id)
    _changed(session, transcript.meeting.meeting_id, track)


@library.command()
@click.argument("meeting")
@click.argument("lines", nargs=-1)
@click.argument("speaker")
@click.option(
    "--from", "start", type=MomentParam(), help="Instead of LINES: all words from here ..."
)
@click.option(
    "--to", "end", type=MomentParam(), help="... to, such as 1:23.5 or 1:02:03; else to the end."
)
@click.option("--of", "voice", metavar="VOICE", help="With --from: only what this voice says.")
@click.option("--alike", is_flag=True, help="With LINES: also all that sound like them.")
@click.option("--name", help='With "new": what the new voice is called.')
@json_option
@common_options
def assign(
    meeting: str,
    lines: tuple[str, ...],
    speaker: str,
    start: float | None,
    end: float | None,
    voice: str | None,
    alike: bool,
    name: str | None,
) -> None:
    """Give LINES to SPEAKER, or to a new voice ("new"); `undo` takes all of it back.

    A line is an id of `show --ids`, or some of its words: ID:3-5 are the third to the fifth.
    A voice that is two people: `assign MEETING new --of "Speaker 1" --from 12:30`, or, with a
    line that the other one says, `assign MEETING LINE new --alike`.
    """
    session = current_session()
    transcript = _transcript(session, meeting)
    if (start is not None) == bool(lines) or (end is not None and start is None):
        raise click.UsageError("Give lines, or --from and perhaps --to: one of them.")
    if voice is not None and start is None:
        raise click.UsageError("--of needs --from: lines have a voice already.")
    if alike and start is not None:
        raise click.UsageError("--alike needs lines to compare with, not a time.")
    if name is not None and speaker != NEW_VOICE:
        raise click.UsageError("--name is for a new voice; see `crosstalk library rename-speaker`.")
    track = None if speaker == NEW_VOICE else track_of(transcript, speaker)
    meeting_id = transcript.meeting.meeting_id
    span = span_between(start, end)
    if span is not None:
        of = None if voice is None else track_of(transcript, voice)
        segments = [s for s in transcript.segments if of is None or s.track == of]
        selections = words_within(segments, span)
        if not selections:
            raise KnownError("Nobody says a word in that time; nothing was changed.")
    else:
        selections = tuple(read_line(line) for line in lines)
    if alike:
        ids = [one.segment_id for one in selections]
        found = session.context.speakers.sounding_like(meeting_id, ids)
        selections = tuple(LineSelection(segment_id=segment_id) for segment_id in found)
    chosen = session.context.library.give_lines(meeting_id, selections, track, name=name)
    if not session.is_json:
        session.writer.result(session.context.library.transcript(meeting_id).label_of(chosen))
    _learn(session, meeting_id)
    _changed(session, meeting_id, chosen)


@library.command()
@click.argument("meeting")
@click.argument("speaker")
@click.argument("into")
@json_option
@common_options
def merge(meeting: str, speaker: str, into: str) -> None:
    """SPEAKER and INTO are one person: keep INTO."""
    session = current_session()
    transcript = _transcript(session, meeting)
    meeting_id, kept = transcript.meeting.meeting_id, track_of(transcript, into)
    session.context.library.merge_tracks(meeting_id, track_of(transcript, speaker), kept)
    _learn(session, meeting_id)
    _changed(session, meeting_id, kept)


@library.command()
@click.argument("meeting")
@click.argument("line")
@click.argument("text")
@json_option
@common_options
def edit(meeting: str, line: str, text: str) -> None:
    """Rewrite LINE (an id of `show --ids`) of MEETING."""
    session = current_session()
    meeting_id = _find(session, meeting)
    session.context.library.edit_text(meeting_id, SegmentId(line), text)
    _changed(session, meeting_id, segment=line)


@library.command()
@click.argument("meeting")
@json_option
@common_options
def undo(meeting: str) -> None:
    """Take back the newest correction of MEETING."""
    session = current_session()
    meeting_id = _find(session, meeting)
    _tell(session, session.context.library.undo(meeting_id), "undone", "undo")
    _learn(session, meeting_id)


@library.command()
@click.argument("meeting")
@json_option
@common_options
def redo(meeting: str) -> None:
    """Apply the correction again that was undone last."""
    session = current_session()
    meeting_id = _find(session, meeting)
    _tell(session, session.context.library.redo(meeting_id), "redone", "redo")
    _learn(session, meeting_id)


@library.command()
@click.argument("meeting")
@json_option
@common_options
def corrections(meeting: str) -> None:
    """Show what you corrected in MEETING, oldest first."""
    session = current_session()
    made = session.context.library.corrections(_find(session, meeting))
    if session.is_json:
        session.writer.json({"corrections": [_correction_record(c) for c in made]})
        return
    for c in made:
        state = " (undone)" if c.is_undone else ""
        at = f"{c.made_at.astimezone():%Y-%m-%d %H:%M}"
        session.writer.result(f"{at}  {c.kind.replace('-', ' ')}{state}")
    if not made:
        session.writer.note("Nothing is corrected in this meeting.")


def _find(session: Session, meeting: str) -> MeetingId:
    return session.context.library.resolve(meeting).meeting_id


def _transcript(session: Session, meeting: str) -> MeetingTranscript:
    return session.context.library.transcript(_find(session, meeting))


def track_of(transcript: MeetingTranscript, reference: str) -> TrackId:
    """Find the voice that a user means: its label, name or track.

    Raises:
        KnownError: No voice fits; the message lists those there are.
    """
    folded = reference.strip().casefold()
    for speaker in transcript.speakers:
        name = speaker.name or speaker.label
        if folded in (speaker.track.casefold(), speaker.label.casefold(), name.casefold()):
            return speaker.track
    known = ", ".join(f"{s.label} ({s.track})" for s in transcript.speakers)
    raise KnownError(f"{reference!r} does not speak in this meeting. Known are {known or 'none'}.")


def _show_facts(session: Session, transcript: MeetingTranscript) -> None:
    rows = meeting_facts(transcript)
    if session.is_json:
        meeting = meeting_record(transcript.meeting)
        session.writer.json({"meeting": meeting, "speakers": facts_records(transcript, rows)})
        return
    reasons = {speaker.track: name_reason(speaker) for speaker in transcript.speakers}
    session.writer.table(
        ["speaker", "named by", "talk", "share", "turns", "overlap", "interruptions"],
        [
            [
                transcript.label_of(row.track),
                reasons[row.track],
                clock_time(row.talk_s),
                f"{row.share:.0%}",
                str(row.turn_count),
                f"{row.overlap_s:.0f} s",
                str(row.interruption_count),
            ]
            for row in rows
        ],
    )


def _correction_record(correction: Correction) -> dict[str, Any]:
    return {
        "id": correction.correction_id,
        "made_at": correction.made_at.isoformat(),
        "kind": correction.kind,
        "before": correction.before,
        "after": correction.after,
        "undone": correction.is_undone,
    }


def _changed(
    session: Session, meeting_id: MeetingId, track: TrackId | None = None, **more: Any
) -> None:
    """With --json: what was changed, and how the voice in question is called by now."""
    if not session.is_json:
        return
    record: dict[str, Any] = {"meeting": meeting_id} | more
    if track is not None:
        transcript = session.context.library.transcript(meeting_id)
        record |= {"track": track, "speaker": transcript.label_of(track)}
    session.writer.json(record)


def _tell(session: Session, correction: Correction | None, done: str, verb: str) -> None:
    if session.is_json:
        record = None if correction is None else _correction_record(correction)
        session.writer.json({"correction": record})
    elif correction is None:
        session.writer.note(f"There is nothing to {verb}.")
    else:
        session.writer.result(f"{done}: {correction.kind.replace('-', ' ')}")


def _learn(session: Session, meeting_id: MeetingId) -> None:
    """Let a correction teach the voices of enrolled people; it stands even if that fails."""
    try:
        count = session.context.speakers.learn(meeting_id)
    except KnownError as error:
        session.writer.warning(f"The correction is kept; no voice was learned from it: {error}")
        return
    if count:
        session.writer.note(f"{count} enrolled {'voice' if count == 1 else 'voices'} learned.")
