"""`crosstalk record`: capture a meeting without the window."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from app.cli.controls import KEYS_HELP, Controls, keyboard
from app.cli.engine_options import hint_options, read_terms
from app.cli.live import LiveView, MeetingLog, interruptible, show_progress, tell_all
from app.cli.outcome import (
    ExportParam,
    ExportRequest,
    outcome_record,
    show_outcome,
    write_exports,
)
from app.cli.session import Session, common_options, current_session, json_option
from app.cli.wording import clock_time
from app.cli.writer import Tail
from app.domain.errors import Cancelled, Category, KnownError
from app.domain.ids import StreamId
from app.domain.meeting import MeetingState
from app.domain.session import OperatingPoint
from app.services.events import Listener
from app.services.events_file import EventsFile
from app.services.recording import LiveMeeting, RecordingRequest

_WAKE_S = 0.2
"""How late --minutes may stop, and how late Ctrl-C is seen on Windows."""


@click.command()
@click.option("--mic", metavar="DEV", help="The microphone: a key or part of a name.")
@click.option("--system", metavar="DEV", help="The system audio: a key or part of a name.")
@click.option("--no-mic", is_flag=True, help="Do not record the microphone.")
@click.option("--no-system", is_flag=True, help="Do not record the system audio.")
@click.option("--title", help="The meeting's title; else the time.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Stop after these.")
@hint_options
@click.option(
    "--events", type=click.Path(dir_okay=False, path_type=Path), help="Write live events here."
)
@click.option("--export", "exports", type=ExportParam(), multiple=True, help="Write an export.")
@json_option
@common_options
def record(
    mic: str | None,
    system: str | None,
    no_mic: bool,
    no_system: bool,
    title: str | None,
    minutes: float | None,
    point: OperatingPoint | None,
    language: str | None,
    vocabulary: Path | None,
    events: Path | None,
    exports: tuple[ExportRequest, ...],
) -> None:
    """Record microphone and system audio, with live text. Ctrl-C stops and finishes.

    On a terminal the keys p (pause), o (off the record), m (marker) and n (marker with a note)
    work; elsewhere the signals USR1 (pause, go on) and USR2 (marker). What is said while it is
    paused or off the record is neither stored nor transcribed.
    """
    if (mic and no_mic) or (system and no_system):
        raise click.UsageError("A stream cannot be chosen and left out at once.")
    if no_mic and no_system:
        raise click.UsageError("Nothing is left to record.")
    session = current_session()
    context = session.context
    for wanted in exports:
        context.exporting.require(wanted.format_id)
    settings = context.settings.capture
    devices: dict[StreamId, str] = {}
    if not no_mic:
        devices[StreamId.MIC] = mic or settings.microphone
    if not no_system:
        devices[StreamId.SYSTEM] = system or settings.system
    request = RecordingRequest(
        devices=devices,
        title=title,
        point=point,
        language=language,
        wants_refine=point in (None, OperatingPoint.FINAL),
        vocabulary=read_terms(session, vocabulary),
    )
    log = MeetingLog()
    _record(session, request, log, events=events, minutes=minutes)
    _tell(session, log, exports)


def _record(
    session: Session,
    request: RecordingRequest,
    log: MeetingLog,
    *,
    events: Path | None,
    minutes: float | None,
) -> None:
    writer = session.writer
    with ExitStack() as stack:
        progress = stack.enter_context(writer.progress())
        tail = Tail(is_error_stream=True, is_shown=not session.is_quiet)
        stack.callback(tail.clear)
        listeners: list[Listener] = [log, LiveView(tail, writer), show_progress(progress)]
        if events is not None:
            listeners.append(stack.enter_context(EventsFile(events)))
        with interruptible(lambda: None) as stop:
            live = session.context.recording.start(request, tell_all(*listeners))
            writer.note("Recording. Press Ctrl-C to stop and finish the transcript.")
            with keyboard() as terminal:
                if terminal is not None:
                    writer.note(KEYS_HELP)
                controls = Controls(live, writer, tail, terminal)
                with controls.signals():
                    while not controls.wait(stop, _WAKE_S) and not _is_over(live, minutes):
                        pass
            live.stop()
            tail.clear()
            writer.note(f"Recorded {clock_time(live.elapsed().total_seconds())}.")
        with interruptible(live.cancel) as give_up:
            while not live.wait(_WAKE_S):
                pass
            if give_up.is_set():
                writer.warning(_how_to_resume(live))
                raise Cancelled


def _is_over(live: LiveMeeting, minutes: float | None) -> bool:
    is_long_enough = minutes is not None and live.elapsed().total_seconds() >= minutes * 60
    return live.is_stopped or is_long_enough


def _how_to_resume(live: LiveMeeting) -> str:
    meeting_id = live.meeting_id
    return (
        f"Meeting {meeting_id} is kept in the library; complete it with "
        f"`crosstalk library refine {meeting_id}`."
    )


def _tell(session: Session, log: MeetingLog, exports: tuple[ExportRequest, ...]) -> None:
    """Exports and summary.

    Raises:
        KnownError: The transcript could not be completed.
    """
    meeting_id = log.meeting_id
    if meeting_id is None:
        raise KnownError("Nothing was recorded.")
    files = write_exports(session, meeting_id, exports)
    if session.is_json:
        session.writer.json(outcome_record(session, meeting_id, log, files))
    else:
        show_outcome(session, meeting_id, log, exports)
    meeting = session.context.library.resolve(meeting_id)
    if meeting.state is not MeetingState.DONE:
        raise KnownError(
            "The recording is complete, its transcript is not. Complete it with "
            f"`crosstalk library refine {meeting_id}`.",
            category=Category.ENGINE,
        )
