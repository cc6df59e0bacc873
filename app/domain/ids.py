"""Identifiers, one type each so that they cannot be mixed up."""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import NewType

MeetingId = NewType("MeetingId", str)
SegmentId = NewType("SegmentId", str)
"""Unique within one meeting."""
TrackId = NewType("TrackId", str)
"""An anonymous voice in one meeting: "S1", "S2", ...; shared by all streams of the meeting."""
SpeakerId = NewType("SpeakerId", str)
"""An enrolled person, across meetings."""
ModelId = NewType("ModelId", str)


class StreamId(StrEnum):
    """Where audio comes from; every stream of a meeting shares one time line."""

    MIC = "mic"
    SYSTEM = "system"
    MIX = "mix"


def new_meeting_id() -> MeetingId:
    """A fresh random meeting id of 8 hexadecimal digits."""
    return MeetingId(secrets.token_hex(4))


def new_speaker_id() -> SpeakerId:
    """A fresh random speaker id."""
    return SpeakerId(f"p-{secrets.token_hex(4)}")
