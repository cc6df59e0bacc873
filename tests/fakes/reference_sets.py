"""Folders with a recording and its reference, as benches read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import soundfile

from app.domain.ids import StreamId
from app.domain.units import SESSION_RATE_HZ
from tests.fakes.audio import tone


def write_set(
    folder: Path,
    text: str = "hello there",
    *,
    streams: Sequence[StreamId] = (StreamId.MIX,),
    word_times: str = "json",
    duration_s: float | None = None,
) -> Path:
    """A set in which one person says a word each second.

    Args:
        word_times: "json", "ctm" or "" for none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = text.split()
    for stream in streams:
        samples = tone(float(len(words)) if duration_s is None else duration_s)
        soundfile.write(folder / f"{stream.value}.wav", samples, SESSION_RATE_HZ)
    turn = {
        "session_id": folder.name,
        "speaker": "x",
        "start_time": 0.0,
        "end_time": float(len(words)),
        "words": text,
    }
    (folder / "ref.seglst.json").write_text(json.dumps([turn]))
    if word_times == "json":
        rows = [
            {"speaker": "x", "stream": streams[0].value, "text": w, "start": i, "end": i + 1}
            for i, w in enumerate(words)
        ]
        (folder / "words.json").write_text(json.dumps(rows))
    if word_times == "ctm":
        lines = [f"{folder.name}_x 1 {i} 1.0 {w}\n" for i, w in enumerate(words)]
        (folder / "ref_words.ctm").write_text("".join(lines))
    return folder
