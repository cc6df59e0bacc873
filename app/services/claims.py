"""Which meetings a living process works on, and what becomes of those that a crash left behind."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from app.domain.ids import StreamId
from app.domain.meeting import Meeting, MeetingSource, MeetingState, StreamInfo
from app.domain.messages import TranscriptPatch
from app.domain.sentences import Sentence, say
from app.domain.units import SESSION_RATE_HZ
from app.services.core import Core

log = logging.getLogger(__name__)

CLAIM_NAME = "in-use"
SPOOL_SUFFIX = ".s16"
_START_TOLERANCE_S = 2.0
"""Process start times are rounded differently by different readers."""


def claim(folder: Path) -> None:
    """Note that this process works on the meeting in `folder`.

    Raises:
        OSError: The disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CLAIM_NAME).write_text(f"{os.getpid()} {_own_start_s():.3f}\n", encoding="ascii")


def release(folder: Path) -> None:
    """Take the note away; harmless when there is none."""
    (folder / CLAIM_NAME).unlink(missing_ok=True)


def is_claimed(folder: Path) -> bool:
    """Whether a living process, this one included, works on the meeting in `folder`."""
    note = folder / CLAIM_NAME
    if not note.exists():
        return False
    # Imported here: there is hardly ever a note, and every start looks for one.
    import psutil

    try:
        pid, started_s = note.read_text(encoding="ascii").split()
        # A dead process may have had our number: in a sandbox every start gets the same one.
        is_own = int(pid) == os.getpid()
        found_s: float = _own_start_s() if is_own else psutil.Process(int(pid)).create_time()
        return abs(found_s - float(started_s)) < _START_TOLERANCE_S
    except (OSError, ValueError, psutil.Error):
        return False


def doing(core: Core, meeting: Meeting) -> Sentence | None:
    """What somebody does with a meeting at this moment: "recorded"; None when nobody works on it.

    A meeting whose recording has stopped is claimed until its live text is complete.
    """
    if meeting.state is MeetingState.RECORDING:
        return say("recorded")
    if meeting.state is MeetingState.REFINING:
        return say("refined")
    return say("transcribed") if is_claimed(core.folder_of(meeting.meeting_id)) else None


def adopt_orphans(
    core: Core, repair: Callable[[Path], tuple[StreamInfo, ...]]
) -> tuple[Meeting, ...]:
    """Bring the meetings of a process that died into a state from which work can go on.

    A recording becomes RECORDED with the audio that reached the disk; an unfinished final pass
    becomes RECORDED; an import that has no text yet is removed, since its file still exists.

    Args:
        repair: Makes the audio in a folder readable and says what each stream holds.

    Returns:
        The meetings that are RECORDED by it.
    """
    adopted = []
    for summary in core.shelf.unfinished():
        meeting = summary.meeting
        folder = core.folder_of(meeting.meeting_id)
        if is_claimed(folder):
            continue
        release(folder)
        if meeting.state is MeetingState.RECORDING:
            streams = _repaired(meeting, repair(folder) if folder.is_dir() else ())
            is_worth_keeping = meeting.source is MeetingSource.RECORDING or summary.word_count > 0
            if not streams or not is_worth_keeping:
                core.discard(meeting.meeting_id)
                continue
            duration_s = max(s.sample_count or 0 for s in streams) / SESSION_RATE_HZ
            core.meetings.set_streams(meeting.meeting_id, streams, duration_s)
            gaps = tuple(gap for info in streams for gap in info.gaps)
            core.transcripts.apply(meeting.meeting_id, TranscriptPatch(gaps=gaps))
        core.meetings.set_state(meeting.meeting_id, MeetingState.RECORDED)
        log.warning("meeting %s of a dead process is pending again", meeting.meeting_id)
        adopted.append(core.meetings.get(meeting.meeting_id))
    return tuple(adopted)


def expected_streams(folder: Path, devices: dict[StreamId, str]) -> tuple[StreamInfo, ...]:
    """What a running capture is about to fill: enough to find its audio after a crash."""
    return tuple(
        StreamInfo(
            stream=stream,
            device=device,
            rate_hz=SESSION_RATE_HZ,
            channels=1,
            spool_path=folder / f"{stream.value}{SPOOL_SUFFIX}",
        )
        for stream, device in devices.items()
    )


@cache
def _own_start_s() -> float:
    """Asked once: on Linux the answer moves when the clock is set."""
    import psutil

    return float(psutil.Process().create_time())


def _repaired(meeting: Meeting, found: tuple[StreamInfo, ...]) -> tuple[StreamInfo, ...]:
    """The streams that hold samples, with the device names that the library knows."""
    devices = {info.stream: info.device for info in meeting.streams}
    return tuple(
        replace(info, device=devices.get(info.stream) or info.device)
        for info in found
        if info.sample_count
    )
