"""One voice that is two people: which of its lines sound like some that are named; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TypeVar

import numpy as np

from app.domain.messages import Float32Array
from app.domain.recognition import VoiceSample

Line = TypeVar("Line")

MAX_ROUNDS = 20
"""Lines that change sides after this many rounds lie between the voices anyway."""


def two_voices(
    samples: Mapping[Line, VoiceSample], seeds: Set[Line]
) -> tuple[frozenset[Line], VoiceSample, VoiceSample] | None:
    """Tell two people apart, of whom one says the seeds.

    Two means over directions, begun with the seeds and with the tenth of the lines that is least
    like them, so that neither person need say much; the seeds stay on their side.

    Args:
        samples: Per line, what it sounds like; some seeds among them.

    Returns:
        The lines of the person of the seeds, seeds included, and the two voices, theirs first.
        None where nothing is left for a second person.
    """
    ours = frozenset(line for line in samples if line in seeds)
    if not ours or len(ours) == len(samples):
        return None
    own = _mean([samples[line] for line in ours])
    rest = [line for line in samples if line not in ours]
    rest.sort(key=lambda line: float(samples[line].vector @ own.vector))
    other = _mean([samples[line] for line in rest[: max(1, len(rest) // 10)]])
    for _ in range(MAX_ROUNDS):
        nearer = frozenset(
            line
            for line, sample in samples.items()
            if line in seeds or sample.vector @ own.vector > sample.vector @ other.vector
        )
        if len(nearer) == len(samples):
            return None
        own = _mean([samples[line] for line in nearer])
        other = _mean([samples[line] for line in samples if line not in nearer])
        if nearer == ours:
            break
        ours = nearer
    return ours, own, other


def with_neighbours(lines: Sequence[Line], heard: Set[Line], ours: Set[Line]) -> tuple[Line, ...]:
    """Our lines, and those that are too short to tell between two of ours.

    Args:
        lines: All lines of the voice, by time.
        heard: Those that were long enough.
    """
    found = []
    for number, line in enumerate(lines):
        if line in heard:
            is_ours = line in ours
        else:
            before = next((one for one in reversed(lines[:number]) if one in heard), None)
            after = next((one for one in lines[number + 1 :] if one in heard), None)
            is_ours = before in ours and after in ours
        if is_ours:
            found.append(line)
    return tuple(found)


def _mean(samples: Sequence[VoiceSample]) -> VoiceSample:
    weights = np.asarray([max(sample.speech_s, 0.1) for sample in samples])
    total: Float32Array = np.average(
        np.stack([sample.vector for sample in samples]), axis=0, weights=weights
    ).astype(np.float32)
    length = float(np.linalg.norm(total))
    return VoiceSample(
        vector=total / length if length > 0 else total,
        speech_s=float(sum(sample.speech_s for sample in samples)),
    )
