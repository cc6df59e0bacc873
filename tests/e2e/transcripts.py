"""What the end-to-end tests compare: words, speakers, and the state that events add up to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import meeteval

Rows = Sequence[Mapping[str, Any]]


def plain_words(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    return re.sub(r"[^a-z0-9' ]+", " ", text.lower().replace("-", " ")).split()


def speaker_error_rate(reference: Rows, hypothesis: Rows) -> float:
    """cpWER: word errors under the best pairing of speakers, wrong speakers counted."""

    def rows(source: Rows) -> list[dict[str, Any]]:
        return [
            {**row, "session_id": "s", "words": " ".join(plain_words(row["words"]))}
            for row in source
        ]

    result = meeteval.wer.cpwer(
        meeteval.io.SegLST(rows(reference)), meeteval.io.SegLST(rows(hypothesis))
    )
    return float(result["s"].error_rate)


def recall(reference: str, heard: str) -> float:
    """Share of the reference's words that occur in what was heard."""
    known = set(plain_words(heard))
    wanted = plain_words(reference)
    return sum(word in known for word in wanted) / len(wanted)


def read_events(path: Path) -> list[dict[str, Any]]:
    """All events of a file, in order."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def last_states(events: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str | None, str]]:
    """Per segment that ends with words: its speaker and text after the last event about it."""
    states: dict[str, tuple[str | None, str]] = {}
    for event in events:
        if event["type"] in ("final", "correction"):
            speaker, text = states.get(event["segment"], (None, ""))
            states[event["segment"]] = (
                event.get("speaker", speaker),
                event.get("text", text),
            )
    return {segment: state for segment, state in states.items() if state[1]}


def stored_states(transcript: Mapping[str, Any]) -> dict[str, tuple[str | None, str]]:
    """The same from a JSON export."""
    names = {speaker["id"]: speaker["name"] for speaker in transcript["speakers"]}
    return {
        segment["id"]: (names.get(segment["speaker"]), segment["text"])
        for segment in transcript["segments"]
    }
