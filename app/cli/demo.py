"""Play the sample meeting through the real live pipeline, on the terminal."""

from __future__ import annotations

import tempfile
from pathlib import Path

from app.cli.live import LiveView, MeetingLog, interruptible, show_progress, tell_all
from app.cli.session import Launch, Session
from app.cli.wording import clock_time, transcript_lines
from app.cli.writer import Tail
from app.domain.errors import Cancelled, KnownError
from app.domain.ids import StreamId
from app.lib.paths import Paths
from app.services.transcribing import TranscribeRequest


def sample_inputs(paths: Paths) -> dict[StreamId, Path]:
    """The two streams of the sample meeting.

    Raises:
        KnownError: They are not installed.
    """
    folder = paths.resources_dir / "sample"
    inputs = {
        StreamId.MIC: folder / "mic.flac",
        StreamId.SYSTEM: folder / "system.flac",
    }
    if not all(path.exists() for path in inputs.values()):
        raise KnownError(f"The sample meeting is not in {folder}: install Crosstalk again.")
    return inputs


def play_headless(session: Session) -> None:
    """Transcribe the sample at the pace of the clock, then show the refined transcript.

    The library it makes is gone afterwards.

    Raises:
        KnownError: Weights are missing, or the engine failed.
    """
    writer = session.writer
    tail = Tail(is_error_stream=False, is_shown=True)
    log = MeetingLog()
    with tempfile.TemporaryDirectory(prefix="crosstalk-demo-") as folder:
        launch = Launch(data_dir=Path(folder), is_verbose=session.is_verbose)
        with session.program.open_context(launch) as context, writer.progress() as progress:
            request = TranscribeRequest(
                inputs=sample_inputs(context.paths), title="Sample meeting", is_realtime=True
            )
            writer.note("Playing the sample meeting. Lines appear as they become final.")
            listener = tell_all(
                LiveView(tail, writer), log, show_progress(progress, has_decoding=False)
            )
            with interruptible(lambda: writer.warning("Stopping ...")) as cancel:
                try:
                    meeting_id = context.transcribing.transcribe(request, listener, cancel)
                except Cancelled:
                    tail.clear()
                    raise
            transcript = context.library.transcript(meeting_id)
    writer.result("")
    writer.result("After the final pass:")
    for line in transcript_lines(transcript):
        writer.result(line)
    names = ", ".join(speaker.label for speaker in transcript.speakers)
    duration = clock_time(transcript.meeting.duration_s)
    writer.note(f"{duration} of audio, {len(transcript.speakers)} speakers: {names}.")
