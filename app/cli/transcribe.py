"""`crosstalk transcribe`: files into meetings."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from app.cli.engine_options import (
    Parts,
    SpeakerRangeParam,
    choose_models,
    hint_options,
    part_options,
    read_terms,
)
from app.cli.live import (
    LiveView,
    MeetingLog,
    interruptible,
    show_notes,
    show_progress,
    tell_all,
)
from app.cli.outcome import (
    ExportParam,
    ExportRequest,
    outcome_record,
    show_outcome,
    write_exports,
)
from app.cli.session import Session, common_options, current_session, json_option
from app.cli.writer import Tail
from app.domain.errors import Cancelled, Category, KnownError
from app.domain.ids import MeetingId, StreamId
from app.domain.session import OperatingPoint, SpeakerRange
from app.services.events import Listener
from app.services.events_file import EventsFile
from app.services.transcribing import TranscribeRequest

_PART_WAY = {Category.ENGINE, Category.DISK, Category.INTERNAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One meeting to make, and what to write about it."""

    request: TranscribeRequest
    events: Path | None
    exports: tuple[ExportRequest, ...]


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT]...", type=click.Path(path_type=Path))
@click.option("--mic", type=click.Path(path_type=Path), help="The microphone's file.")
@click.option("--system", type=click.Path(path_type=Path), help="The system audio's file.")
@click.option("--realtime", is_flag=True, help="Feed at the pace of the clock, as when recording.")
@hint_options
@click.option("--speakers", type=SpeakerRangeParam(), help="How many people talk.")
@part_options
@click.option(
    "--events", type=click.Path(dir_okay=False, path_type=Path), help="Write live events here."
)
@click.option("--export", "exports", type=ExportParam(), multiple=True, help="Write an export.")
@click.option("--title", help="The meeting's title; else the file's name.")
@json_option
@common_options
def transcribe(
    inputs: tuple[Path, ...],
    mic: Path | None,
    system: Path | None,
    realtime: bool,
    point: OperatingPoint | None,
    language: str | None,
    vocabulary: Path | None,
    speakers: SpeakerRange | None,
    asr: str | None,
    segmentation: str | None,
    separation: str | None,
    echo: str | None,
    events: Path | None,
    exports: tuple[ExportRequest, ...],
    title: str | None,
) -> None:
    """Transcribe files. Each INPUT becomes one meeting; --mic and --system together one."""
    session = current_session()
    meetings = _meetings_of(inputs, mic, system)
    if len(meetings) > 1:
        _refuse_single_names(events, exports, title)
    context = session.context
    for wanted in exports:
        context.exporting.require(wanted.format_id)
    parts = Parts(asr=asr, segmentation=segmentation, separation=separation, echo=echo)
    models = choose_models(context, parts)
    terms = read_terms(session, vocabulary)
    jobs = [
        _Job(
            request=TranscribeRequest(
                inputs=streams,
                title=title,
                point=point,
                is_realtime=realtime,
                language=language,
                speakers=speakers or SpeakerRange(),
                vocabulary=terms,
                models=models,
                is_echo_handled=parts.is_echo_handled,
            ),
            events=events,
            exports=exports,
        )
        for streams in meetings
    ]
    _run_all(session, jobs)


def _meetings_of(
    inputs: tuple[Path, ...], mic: Path | None, system: Path | None
) -> list[dict[StreamId, Path]]:
    streams = {StreamId.MIC: mic, StreamId.SYSTEM: system}
    given = {stream: path for stream, path in streams.items() if path is not None}
    if given and inputs:
        raise click.UsageError("Give either INPUT files, or --mic and --system.")
    if given:
        return [given]
    if not inputs:
        raise click.UsageError("Name at least one file, or --mic and --system.")
    return [{StreamId.MIX: path} for path in inputs]


def _refuse_single_names(
    events: Path | None, exports: tuple[ExportRequest, ...], title: str | None
) -> None:
    if events is not None or title is not None:
        raise click.UsageError("--events and --title go with one meeting.")
    for wanted in exports:
        if wanted.path is not None and not wanted.path.is_dir():
            raise click.UsageError(
                "With several meetings, --export takes a format alone or an existing folder."
            )


def _run_all(session: Session, jobs: list[_Job]) -> None:
    """Run the jobs one after the other; a bad file does not stop the others.

    Raises:
        KnownError: The last failure, when there was one.
    """
    writer = session.writer
    records: list[dict[str, Any]] = []
    failures: list[KnownError] = []
    stopping = "Stopping; what was transcribed is kept. Press Ctrl-C again to leave at once."
    with interruptible(lambda: writer.warning(stopping)) as cancel:
        for job in jobs:
            try:
                records.append(_run_one(session, job, cancel))
            except KnownError as error:
                failures.append(error)
                if len(jobs) > 1:
                    writer.warning(f"crosstalk: {error}")
    if session.is_json and records:
        writer.json(records[0] if len(jobs) == 1 else {"meetings": records})
    if failures and len(jobs) > 1:
        category = next((e.category for e in failures if e.category in _PART_WAY), None)
        told = f"{len(failures)} of {len(jobs)} files could not be transcribed"
        raise KnownError(
            f"{told}; the others are in the library." if records else f"{told}.",
            category=category or Category.INPUT,
        )
    if failures:
        raise failures[0]


def _run_one(session: Session, job: _Job, cancel: threading.Event) -> dict[str, Any]:
    writer = session.writer
    log = MeetingLog()
    with ExitStack() as stack:
        progress = stack.enter_context(writer.progress())
        listeners: list[Listener] = [
            log,
            show_progress(progress, has_decoding=not job.request.is_realtime),
        ]
        if job.request.is_realtime:
            tail = Tail(is_error_stream=True, is_shown=not session.is_quiet)
            stack.callback(tail.clear)
            listeners.append(LiveView(tail, writer))
        else:
            listeners.append(show_notes(writer))
        if job.events is not None:
            listeners.append(stack.enter_context(EventsFile(job.events)))
        try:
            meeting_id = session.context.transcribing.transcribe(
                job.request, tell_all(*listeners), cancel
            )
        except (KnownError, Cancelled):
            _tell_how_to_resume(session, log)
            raise
    files = write_exports(session, meeting_id, job.exports)
    if session.is_json:
        return outcome_record(session, meeting_id, log, files)
    show_outcome(session, meeting_id, log, job.exports)
    return {}


def _tell_how_to_resume(session: Session, log: MeetingLog) -> None:
    kept: MeetingId | None = log.finished.meeting_id if log.finished is not None else None
    if kept is not None:
        session.writer.warning(
            f"Meeting {kept} is kept in the library; complete it with "
            f"`crosstalk library refine {kept}`."
        )
