"""Two talkers at once, made of recordings of one: mixtures and meetings whose sources are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from app.bench.rooms import room_pair
from app.bench.sets import REFERENCE_FILE, ReferenceTurn
from app.domain.errors import KnownError
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ

TEXTS_FILE = "trans.txt"
"""As in LibriSpeech: per line the name of a recording and its words."""
KINDS = ("clean", "partial", "rooms", "single", "partial-rooms")
MEETING_SEED = 4
"""Beside those of the kinds: their numbers."""
CLIP_S = 4.0
ALONE_S = 20.0
LEVEL = 0.05
RATIO_DB = 5.0
NOISE = 0.0008
OVERLAP_S = (-0.8, 3.0)
"""From a pause to an overlap, between two turns of a simulated meeting."""
MEETING_TURNS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Talker:
    """The recordings of one person, and their words where they are known."""

    name: str
    files: tuple[Path, ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """What two people, or one, sound like together.

    Attributes:
        kind: One of `KINDS`; "single" has a second source of silence.
        sources: float32 (2, n), as heard by the microphone.
        alone: Other speech of both talkers from the same places, float32 (2, m).
    """

    kind: str
    sources: Float32Array
    alone: Float32Array

    @property
    def samples(self) -> Float32Array:
        """float32 (n,)."""
        total: Float32Array = self.sources.sum(axis=0)
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedMeeting:
    """Two people who fall into each other's words.

    Attributes:
        sources: float32 (2, n).
        talkers: Per source, as in `turns`.
    """

    name: str
    sources: Float32Array
    talkers: tuple[str, str]
    turns: tuple[ReferenceTurn, ...]


def find_talkers(folders: Sequence[Path]) -> tuple[Talker, ...]:
    """One talker per folder of recordings, by name; reference sets are passed over."""
    found = []
    for root in folders:
        for folder in sorted(path for path in root.iterdir() if path.is_dir()):
            files = tuple(sorted(f for f in folder.iterdir() if f.suffix in (".flac", ".wav")))
            if files and not (folder / REFERENCE_FILE).exists():
                found.append(_with_texts(folder, files))
    return tuple(found)


def in_turn(talkers: Sequence[Talker], count: int) -> list[tuple[Talker, int]]:
    """`count` recordings whose words are known, one of each talker in turn: talker and number."""
    told = [talker for talker in talkers if talker.texts]
    rows = max((len(talker.files) for talker in told), default=0)
    return [(talker, row) for row in range(rows) for talker in told if row < len(talker.files)][
        :count
    ]


def speech_of(talker: Talker, without: int | None = None) -> Float32Array:
    """`ALONE_S` of what somebody says, float32 (n,), again from the start where there is less.

    Args:
        without: The number of a recording that is left out where there are others.

    Raises:
        KnownError: A recording cannot be read.
    """
    others = [file for number, file in enumerate(talker.files) if number != without]
    speech = [read_samples(file) for file in (others or talker.files)[:3]]
    return _levelled(np.resize(np.concatenate(speech), int(ALONE_S * SESSION_RATE_HZ)))


def _with_texts(folder: Path, files: tuple[Path, ...]) -> Talker:
    path = folder / TEXTS_FILE
    if not path.exists():
        return Talker(name=folder.name, files=files)
    lines = (line.partition(" ") for line in path.read_text(encoding="utf-8").splitlines())
    texts = {name: words.strip() for name, _, words in lines}
    told = tuple(file for file in files if texts.get(file.stem))
    return Talker(
        name=folder.name, files=told or files, texts=tuple(texts[file.stem] for file in told)
    )


def make_mixtures(talkers: Sequence[Talker], count: int, seed: int) -> Iterator[Mixture]:
    """`count` mixtures of each kind; equal seeds give equal mixtures.

    Raises:
        KnownError: Fewer than two talkers, or a recording cannot be read.
    """
    _require_two(talkers)
    for number, kind in enumerate(KINDS):
        rng = np.random.default_rng((seed, number + (number >= MEETING_SEED)))
        for _ in range(count):
            pair = rng.choice(len(talkers), 2, replace=False)
            ratio = 10 ** (rng.uniform(-RATIO_DB, RATIO_DB) / 20)
            clips, alone = zip(*(_clips(talkers[who], rng) for who in pair), strict=True)
            sources = np.stack([clips[0], ratio * clips[1]])
            solo = np.stack([alone[0], ratio * alone[1]])
            if kind in ("partial", "partial-rooms"):
                edge = int(rng.uniform(0.3, 0.6) * sources.shape[1])
                sources[0, sources.shape[1] - edge // 2 :] = 0
                sources[1, :edge] = 0
            if kind in ("rooms", "partial-rooms"):
                room = room_pair(rng)
                sources, solo = _in_room(sources, room), _in_room(solo, room)
            if kind == "single":
                sources[1] = 0
            yield Mixture(
                kind=kind, sources=sources.astype(np.float32), alone=solo.astype(np.float32)
            )


def make_meetings(talkers: Sequence[Talker], count: int, seed: int) -> tuple[SimulatedMeeting, ...]:
    """Meetings of two people in rooms, out of recordings whose words are known.

    Returns:
        Fewer than `count` where there are fewer pairs of talkers; equal seeds give equal meetings.

    Raises:
        KnownError: A recording cannot be read.
    """
    told = [talker for talker in talkers if talker.texts]
    rng = np.random.default_rng((seed, MEETING_SEED))
    order = [told[i] for i in rng.permutation(len(told))]
    pairs = list(zip(order[::2], order[1::2], strict=False))[:count]
    return tuple(_meeting(one, two, rng) for one, two in pairs)


def _meeting(one: Talker, two: Talker, rng: np.random.Generator) -> SimulatedMeeting:
    ratio = 10 ** (rng.uniform(-RATIO_DB, RATIO_DB) / 40)
    room = room_pair(rng)
    placed: list[tuple[int, int, Float32Array]] = []
    turns: list[ReferenceTurn] = []
    end = SESSION_RATE_HZ
    for number in range(MEETING_TURNS):
        who = number % 2
        talker = (one, two)[who]
        if number // 2 >= len(talker.files):
            break
        samples = _levelled(read_samples(talker.files[number // 2])) * (ratio if who else 1.0)
        start = max(SESSION_RATE_HZ, end - int(rng.uniform(*OVERLAP_S) * SESSION_RATE_HZ))
        end = start + len(samples)
        placed.append((who, start, samples))
        turns.append(
            ReferenceTurn(
                start_s=start / SESSION_RATE_HZ,
                end_s=end / SESSION_RATE_HZ,
                speaker=talker.name,
                words=talker.texts[number // 2],
            )
        )
    sources = np.zeros((2, end + SESSION_RATE_HZ), dtype=np.float32)
    for who, start, samples in placed:
        sources[who, start : start + len(samples)] += samples
    heard = np.stack(
        [_heard_in(r, s)[: len(s)] for s, r in zip(sources, room, strict=True)]
    ).astype(np.float32)
    heard += (rng.standard_normal(heard.shape) * NOISE / np.sqrt(2)).astype(np.float32)
    return SimulatedMeeting(
        name=f"{one.name}+{two.name}",
        sources=heard,
        talkers=(one.name, two.name),
        turns=tuple(turns),
    )


def read_samples(path: Path) -> Float32Array:
    """A recording, mono at the session's rate.

    Raises:
        KnownError: It cannot be read, or has another rate.
    """
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise KnownError(f"The recording {path} cannot be read: {error}.") from error
    if rate_hz != SESSION_RATE_HZ:
        raise KnownError(f"The recording {path} has {rate_hz} Hz; {SESSION_RATE_HZ} are needed.")
    mono: Float32Array = samples[:, 0]
    return mono


def _clips(talker: Talker, rng: np.random.Generator) -> tuple[Float32Array, Float32Array]:
    """A clip for a mixture, and other speech of the same person."""
    files = [talker.files[i] for i in rng.permutation(len(talker.files))]
    speech = read_samples(files[0])
    rest = [read_samples(file) for file in files[1:4]]
    length = int(CLIP_S * SESSION_RATE_HZ)
    if len(speech) < length:
        speech = np.resize(speech, length)
    start = int(rng.integers(len(speech) - length + 1))
    other = np.concatenate([*rest, speech[:start], speech[start + length :]])
    alone = np.resize(other if len(other) else speech, int(ALONE_S * SESSION_RATE_HZ))
    return _levelled(speech[start : start + length]), _levelled(alone)


def _levelled(samples: Float32Array) -> Float32Array:
    level = float(np.sqrt((samples**2).mean())) + 1e-6
    return samples * np.float32(LEVEL / level)


def _in_room(sources: Float32Array, room: Float32Array) -> Float32Array:
    length = sources.shape[1]
    heard = [_heard_in(r, s)[:length] for s, r in zip(sources, room, strict=True)]
    return np.stack(heard).astype(np.float32)


def _require_two(talkers: Sequence[Talker]) -> None:
    if len(talkers) < 2:
        raise KnownError(
            "Recordings of two people at least are needed. Give a folder with one folder per "
            "talker, of FLAC or WAV files at 16 kHz."
        )


def _heard_in(response: Float32Array, source: Float32Array) -> np.ndarray:
    # Imported here: scipy.signal takes half a second, and every command imports the benches.
    from scipy.signal import fftconvolve

    heard: np.ndarray = fftconvolve(source, response)
    return heard
