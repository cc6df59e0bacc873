"""Finds the reference sets below a folder and reads their files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 16_000
STREAM_NAMES = ("mix", "mic", "system")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSet:
    """One recording with its reference.

    Attributes:
        name: Path below the folder that was searched, such as "sim/mix3".
        streams: One file per stream: "mix", or "mic" and "system".
        duration_s: Length of the longest stream.
    """

    name: str
    folder: Path
    streams: dict[str, Path]
    duration_s: float

    @property
    def session_id(self) -> str:
        """What the reference calls the recording."""
        return self.folder.name

    def samples(self, stream: str) -> np.ndarray:
        """One stream as float32 at 16 kHz."""
        samples, rate_hz = soundfile.read(self.streams[stream], dtype="float32")
        if rate_hz != RATE_HZ:
            raise ValueError(f"{self.streams[stream]} has {rate_hz} Hz, not {RATE_HZ}")
        return samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A stretch of one speaker, in seconds; `words` is "" in a diarization without text."""

    start_s: float
    end_s: float
    speaker: str
    words: str = ""


def find_sets(root: Path) -> list[ReferenceSet]:
    """All folders below `root` (or `root` itself) that hold a reference and its audio."""
    sets = []
    for reference in sorted(root.rglob("ref.seglst.json")):
        folder = reference.parent
        streams = {
            name: folder / f"{name}.flac"
            for name in STREAM_NAMES
            if (folder / f"{name}.flac").exists()
        }
        if streams:
            name = str(folder.relative_to(root)) if folder != root else folder.name
            duration_s = max(soundfile.info(path).duration for path in streams.values())
            sets.append(
                ReferenceSet(name=name, folder=folder, streams=streams, duration_s=duration_s)
            )
    return sets


def read_seglst(path: Path) -> list[Turn]:
    """Read MeetEval's SegLST."""
    return [
        Turn(
            start_s=float(row["start_time"]),
            end_s=float(row["end_time"]),
            speaker=str(row["speaker"]),
            words=str(row["words"]),
        )
        for row in json.loads(path.read_text())
    ]


def read_rttm(path: Path) -> list[Turn]:
    """Read NIST's RTTM."""
    turns = []
    for line in path.read_text().splitlines():
        fields = line.split()
        if fields and fields[0] == "SPEAKER":
            start_s = float(fields[3])
            end_s = start_s + float(fields[4])
            turns.append(Turn(start_s=start_s, end_s=end_s, speaker=fields[7]))
    return turns


def write_seglst(path: Path, session_id: str, turns: list[Turn]) -> None:
    """Write MeetEval's SegLST."""
    rows = [
        {
            "session_id": session_id,
            "speaker": turn.speaker,
            "start_time": round(turn.start_s, 3),
            "end_time": round(turn.end_s, 3),
            "words": turn.words,
        }
        for turn in sorted(turns, key=lambda turn: turn.start_s)
    ]
    path.write_text(json.dumps(rows, indent=1))


def write_rttm(path: Path, session_id: str, turns: list[Turn]) -> None:
    """Write NIST's RTTM."""
    lines = [
        f"SPEAKER {session_id} 1 {turn.start_s:.3f} {turn.end_s - turn.start_s:.3f} "
        f"<NA> <NA> {turn.speaker} <NA> <NA>\n"
        for turn in sorted(turns, key=lambda turn: turn.start_s)
    ]
    path.write_text("".join(lines))
