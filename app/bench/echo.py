"""`bench echo`: remote words that the microphone's side repeats, and near words that suffer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from app.bench.alignment import match_tokens
from app.bench.play import Setup, Take
from app.bench.plots import Plot
from app.bench.sets import ReferenceSet, read_words
from app.bench.targets import Target, all_kept, rounded
from app.bench.text import Token, tokens_of
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ

BOTH = {StreamId.MIC, StreamId.SYSTEM}
_COLLAR_S = 2.0
"""How far a repeated word may be from the moment it was spoken."""
_LEAK_DELAY_S = 0.09
_ROOM_S = 0.2
_DECAY_S = 0.03
_SECOND = SESSION_RATE_HZ

MAX_TWICE_PERCENT = 1.0

Play = Callable[[Mapping[StreamId, Path], Setup], Take]


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoRow:
    """One run over one set.

    Attributes:
        is_handled: Whether echo was taken out.
        leak_db: Of an echo that was added; None where the set was played as it is.
        twice: Remote words that stand on the microphone's side beside what near people said.
        near_errors: Substitutions, insertions and deletions on the microphone's side.
    """

    name: str
    is_handled: bool
    leak_db: float | None
    remote_words: int
    twice: int
    near_words: int
    near_errors: int

    @property
    def twice_percent(self) -> float:
        """Share of the remote words."""
        return 100 * self.twice / max(1, self.remote_words)

    @property
    def near_wer(self) -> float:
        """Word errors of the microphone's side in percent."""
        return 100 * self.near_errors / max(1, self.near_words)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "set": self.name,
            "handled": self.is_handled,
            "leak_db": self.leak_db,
            "remote_words": self.remote_words,
            "twice_percent": self.twice_percent,
            "near_words": self.near_words,
            "near_wer": self.near_wer,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoResult:
    """All runs."""

    setup: Setup
    rows: tuple[EchoRow, ...]

    @property
    def targets(self) -> tuple[Target, ...]:
        """What is promised with echo handling on."""
        handled = [row for row in self.rows if row.is_handled]
        twice = sum(row.twice for row in handled)
        remote = sum(row.remote_words for row in handled)
        clean = {row.name: row.near_wer for row in handled if row.leak_db is None}
        lost = [row.near_wer - clean[row.name] for row in handled if row.leak_db is not None]
        return (
            Target(
                name="remote words written twice",
                unit="%",
                limit=MAX_TWICE_PERCENT,
                value=100 * twice / remote if remote else None,
            ),
            Target(
                name="near WER lost to an added echo",
                unit="points",
                limit=2.0,
                value=max(lost, default=None),
            ),
        )

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        result: dict[str, Any] = rounded(
            {
                "bench": "echo",
                "point": self.setup.point.value,
                "ok": all_kept(self.targets),
                "runs": [row.record() for row in self.rows],
                "targets": [target.record() for target in self.targets],
            }
        )
        return result


def run_echo(
    sets: Sequence[ReferenceSet],
    setup: Setup,
    play: Play,
    folder: Path,
    *,
    leak_db: float | None = None,
    has_ablation: bool = True,
) -> EchoResult:
    """Play sets with and without echo handling.

    Args:
        folder: For microphones with an echo added.
        leak_db: Also add an echo of the system audio at this level, and compare with none.
        has_ablation: Also run with echo handling off.

    Raises:
        KnownError: No set has a microphone and system audio.
    """
    pairs = [reference for reference in sets if set(reference.streams) == BOTH]
    if not pairs:
        raise KnownError("No set has both mic.flac and system.flac, so no echo can be measured.")
    rows = []
    for reference in pairs:
        inputs: list[tuple[float | None, Mapping[StreamId, Path]]] = [(None, reference.streams)]
        if leak_db is not None:
            inputs.append((leak_db, write_leaky(reference, folder, leak_db)))
        for added_db, streams in inputs:
            for is_handled in (True, False) if has_ablation else (True,):
                take = play(streams, replace(setup, is_echo_handled=is_handled))
                rows.append(count_echo(reference, take, is_handled=is_handled, leak_db=added_db))
    return EchoResult(setup=setup, rows=tuple(rows))


def draw_echo(result: EchoResult, path: Path) -> None:
    """Draw remote words written twice and near word errors, with echo handling and without.

    Raises:
        KnownError: The file cannot be written, or matplotlib is missing.
    """
    plot = Plot("Remote words written twice", "Near word errors")
    ways = {True: "handling on", False: "handling off"}
    names = list(dict.fromkeys((row.name, row.leak_db) for row in result.rows))
    labels = [name if db is None else f"{name}\n{db:+g} dB echo" for name, db in names]
    twice: dict[str, list[float | None]] = {}
    errors: dict[str, list[float | None]] = {}
    for is_handled, way in ways.items():
        rows = {(row.name, row.leak_db): row for row in result.rows if row.is_handled is is_handled}
        if rows:
            found = [rows.get(name) for name in names]
            twice[way] = [row.twice_percent if row else None for row in found]
            errors[way] = [row.near_wer if row else None for row in found]
    plot.bars(0, labels, twice, "%", limit=MAX_TWICE_PERCENT)
    plot.bars(1, labels, errors, "%")
    plot.save(path)


def count_echo(
    reference: ReferenceSet, take: Take, *, is_handled: bool, leak_db: float | None = None
) -> EchoRow:
    """Compare what the microphone's side holds with what was said on both sides."""
    words = read_words(reference)
    near, remote = (
        tokens_of((w.text, w.start_s, w.end_s) for w in words if w.stream is stream)
        for stream in (StreamId.MIC, StreamId.SYSTEM)
    )
    written = tokens_of(
        (word.text, word.span.start / _SECOND, word.span.end / _SECOND)
        for segment in take.transcript.segments
        if segment.stream is StreamId.MIC
        for word in segment.words
    )
    written = tuple(sorted(written, key=lambda token: token.start_s))
    own = {index for _, index in match_tokens(near, written, collar_s=_COLLAR_S)}
    foreign = [token for index, token in enumerate(written) if index not in own]
    return EchoRow(
        name=reference.name,
        is_handled=is_handled,
        leak_db=leak_db,
        remote_words=len(remote),
        twice=len(match_tokens(remote, foreign, collar_s=_COLLAR_S)),
        near_words=len(near),
        near_errors=word_errors(near, written),
    )


def word_errors(said: Sequence[Token], written: Sequence[Token]) -> int:
    """Fewest substitutions, insertions and deletions (Levenshtein)."""
    row = list(range(len(written) + 1))
    for count, wanted in enumerate(said, 1):
        last, row = row, [count]
        for place, token in enumerate(written, 1):
            is_other = token.text != wanted.text
            row.append(min(last[place] + 1, row[-1] + 1, last[place - 1] + is_other))
    return row[-1]


def write_leaky(reference: ReferenceSet, folder: Path, leak_db: float) -> dict[StreamId, Path]:
    """Write the microphone with an echo of the system audio; returns the streams with it."""
    mic, system = (
        soundfile.read(reference.streams[stream], dtype="float32")[0]
        for stream in (StreamId.MIC, StreamId.SYSTEM)
    )
    path = folder / reference.name / "mic.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, add_echo(mic, system, leak_db), SESSION_RATE_HZ)
    return {**reference.streams, StreamId.MIC: path}


def add_echo(mic: Float32Array, system: Float32Array, leak_db: float) -> Float32Array:
    """Let a microphone hear what is played, through a room of its own, 90 ms late.

    Args:
        mic, system: float32 (n,) at the session's rate; what is longer is cut.
        leak_db: Level of the echo against the system audio.

    Returns:
        float32 (n,) as long as `mic`. The room is exponentially decaying noise behind a direct
        path, the same each time, and the loudspeaker bends a little (tanh).
    """
    random = np.random.default_rng(7)
    time_s = np.arange(round(_ROOM_S * SESSION_RATE_HZ)) / SESSION_RATE_HZ
    room = random.normal(size=len(time_s)) * np.exp(-time_s / _DECAY_S)
    room[0] = 2 * np.abs(room).max()
    room /= np.sqrt(np.sum(room**2))
    bent = np.tanh(1.5 * system) / 1.5
    size = 1 << (len(bent) + len(room)).bit_length()
    echo = np.fft.irfft(np.fft.rfft(bent, size) * np.fft.rfft(room, size), size)
    delay = round(_LEAK_DELAY_S * SESSION_RATE_HZ)
    late = np.zeros(len(mic))
    length = min(len(mic) - delay, len(system) + len(room))
    late[delay : delay + length] = echo[:length]
    mixed = mic + 10 ** (leak_db / 20) * late
    return np.clip(mixed, -1.0, 1.0).astype(np.float32)
