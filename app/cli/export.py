"""`crosstalk export`: a stored meeting into a file."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.library import track_of
from app.cli.outcome import STDOUT
from app.cli.selection import MomentParam
from app.cli.session import Session, common_options, current_session, json_option
from app.domain.errors import KnownError
from app.domain.ids import MeetingId, TrackId
from app.domain.ports import ExportOptions
from app.domain.units import Span

_END_S = 1e9
"""Later than the end of any meeting."""


@click.command()
@click.argument("meeting")
@click.argument("format_id", metavar="FORMAT")
@click.option(
    "-o", "--output", metavar="PATH", type=click.Path(path_type=Path), help="File, folder, or -."
)
@click.option("--no-timestamps", is_flag=True, help="Leave times out where they are optional.")
@click.option("--no-speakers", is_flag=True, help="Leave names out where they are optional.")
@click.option("--merge", is_flag=True, help="One paragraph per person in a row (txt, md, docx).")
@click.option("--from", "start_s", type=MomentParam(), help="Only what is said from then on.")
@click.option("--until", "end_s", type=MomentParam(), help="Only what is said before.")
@click.option(
    "--speaker",
    "speakers",
    metavar="SPEAKER",
    multiple=True,
    help='Only what SPEAKER says: a label like "Speaker 1", or S1 (repeatable).',
)
@json_option
@common_options
def export(
    meeting: str,
    format_id: str,
    output: Path | None,
    no_timestamps: bool,
    no_speakers: bool,
    merge: bool,
    start_s: float | None,
    end_s: float | None,
    speakers: tuple[str, ...],
) -> None:
    """Write MEETING (an id, the start of one, a title, or last) as FORMAT."""
    session = current_session()
    exporting = session.context.exporting
    exporting.require(format_id)
    found = session.context.library.resolve(meeting)
    options = ExportOptions(
        has_timestamps=not no_timestamps,
        has_speakers=not no_speakers,
        is_merged=merge,
        span=_span(start_s, end_s),
        tracks=_tracks(session, found.meeting_id, speakers),
    )
    if output is not None and str(output) == STDOUT:
        session.writer.data(exporting.render(found.meeting_id, format_id, options))
        return
    path = exporting.export(found.meeting_id, format_id, output, options)
    if session.is_json:
        session.writer.json({"meeting": found.meeting_id, "format": format_id, "path": str(path)})
    else:
        session.writer.result(str(path))


def _tracks(
    session: Session, meeting_id: MeetingId, speakers: tuple[str, ...]
) -> frozenset[TrackId] | None:
    if not speakers:
        return None
    transcript = session.context.library.transcript(meeting_id)
    return frozenset(track_of(transcript, speaker) for speaker in speakers)


def _span(start_s: float | None, end_s: float | None) -> Span | None:
    if start_s is None and end_s is None:
        return None
    start, end = start_s or 0.0, _END_S if end_s is None else end_s
    if end <= start:
        raise KnownError("--until has to be later than --from.")
    return Span.from_seconds(start, end)
