"""Finds the reference sets below a folder and reads what they say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile

from app.domain.errors import KnownError
from app.domain.ids import StreamId

REFERENCE_FILE = "ref.seglst.json"
AUDIO_SUFFIXES = (".flac", ".wav")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSet:
    """One recording with its reference.

    Attributes:
        name: Path below the folder that was searched, such as "sim/mix3".
        streams: One file per stream: MIX alone, or MIC and SYSTEM.
        duration_s: Length of the longest stream.
    """

    name: str
    folder: Path
    streams: Mapping[StreamId, Path]
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceTurn:
    """What one person says in one go, in seconds from the start of the recording."""

    start_s: float
    end_s: float
    speaker: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceWord:
    """One spoken word with its time.

    Attributes:
        stream: Where it can be heard; MIX when the recording has one stream.
    """

    text: str
    start_s: float
    end_s: float
    speaker: str
    stream: StreamId


def find_sets(folders: Sequence[Path], only: Sequence[str] = ()) -> tuple[ReferenceSet, ...]:
    """All folders below `folders` (or these themselves) that hold a reference and its audio.

    Args:
        only: Names, or last parts of names, to keep; () keeps all.

    Raises:
        KnownError: There is none.
    """
    found: dict[Path, ReferenceSet] = {}
    for root in folders:
        for reference in sorted(root.rglob(REFERENCE_FILE)):
            folder = reference.parent
            streams = stream_files(folder)
            if streams:
                name = folder.relative_to(root).as_posix() if folder != root else folder.name
                found[folder.resolve()] = ReferenceSet(
                    name=name,
                    folder=folder,
                    streams=streams,
                    duration_s=max(soundfile.info(path).duration for path in streams.values()),
                )
    kept = tuple(s for s in found.values() if not only or _is_named(s, only))
    if kept:
        return kept
    places = ", ".join(str(folder) for folder in folders)
    if found:
        names = ", ".join(reference.name for reference in found.values())
        raise KnownError(f"None of the sets in {places} is called {', '.join(only)}: {names}.")
    raise KnownError(
        f"There is no reference set in {places}. A set is a folder with {REFERENCE_FILE} and "
        "mix.flac, or mic.flac and system.flac."
    )


def stream_files(folder: Path) -> dict[StreamId, Path]:
    """The audio of one recording: both sides where both are there, else the mix; may be empty."""
    files = {
        stream: path
        for stream in StreamId
        for suffix in reversed(AUDIO_SUFFIXES)
        if (path := folder / f"{stream.value}{suffix}").exists()
    }
    if StreamId.MIX in files:
        return {StreamId.MIX: files[StreamId.MIX]}
    return files


def read_turns(reference: ReferenceSet) -> tuple[ReferenceTurn, ...]:
    """The reference in MeetEval's SegLST."""
    return tuple(
        ReferenceTurn(
            start_s=float(row["start_time"]),
            end_s=float(row["end_time"]),
            speaker=str(row["speaker"]),
            words=str(row["words"]),
        )
        for row in _read_rows(reference.folder / REFERENCE_FILE)
    )


def read_words(reference: ReferenceSet) -> tuple[ReferenceWord, ...]:
    """The reference words with times, by start; () when the set does not have them.

    They stand in `words.json` or, in NIST's CTM with "session_speaker" first, in `ref_words.ctm`.
    """
    as_json = reference.folder / "words.json"
    as_ctm = reference.folder / "ref_words.ctm"
    words: Iterable[ReferenceWord] = ()
    if as_json.exists():
        words = (
            ReferenceWord(
                text=str(row["text"]),
                start_s=float(row["start"]),
                end_s=float(row["end"]),
                speaker=str(row["speaker"]),
                stream=_stream(reference, str(row.get("stream", ""))),
            )
            for row in _read_rows(as_json)
        )
    elif as_ctm.exists():
        words = (
            _ctm_word(reference, line.split())
            for line in as_ctm.read_text(encoding="utf-8").splitlines()
            if len(line.split()) >= 5
        )
    return tuple(sorted(words, key=lambda word: (word.start_s, word.end_s)))


def _ctm_word(reference: ReferenceSet, cells: list[str]) -> ReferenceWord:
    start_s = float(cells[2])
    return ReferenceWord(
        text=cells[4],
        start_s=start_s,
        end_s=start_s + float(cells[3]),
        speaker=cells[0].removeprefix(f"{reference.folder.name}_"),
        stream=_stream(reference, ""),
    )


def _stream(reference: ReferenceSet, name: str) -> StreamId:
    if StreamId.MIX in reference.streams:
        return StreamId.MIX
    return StreamId(name) if name else next(iter(reference.streams))


def _read_rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KnownError(f"The reference {path} cannot be read: {error}.") from error
    if not isinstance(rows, list):
        raise KnownError(f"The reference {path} is not a list of rows.")
    return rows


def _is_named(reference: ReferenceSet, names: Sequence[str]) -> bool:
    return any(reference.name == name or reference.name.endswith(f"/{name}") for name in names)
