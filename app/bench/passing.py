"""What taking voices apart does to the words of somebody who talks alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.bench.enhance import make_talk
from app.bench.mixtures import Mixture, Talker, in_turn, speech_of
from app.bench.scoring import WordScore
from app.bench.separate import Passed
from app.bench.sets import ReferenceTurn
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ


def run_passing(
    talkers: Sequence[Talker],
    count: int,
    take_apart: Callable[[Mixture], Float32Array | None],
    transcribe: Callable[[str, Float32Array, Sequence[ReferenceTurn]], WordScore],
) -> Passed:
    """Transcribe recordings of one talker each, as they are and taken apart.

    Every recording is taken apart into its talker and the next one, who says nothing in it; the
    louder outcome stands in its place. One that gives nothing stays as it is.

    Args:
        count: Recordings, one of each talker in turn.
        transcribe: Takes a name, the samples of all recordings one after the other, and who says
            what in them.

    Raises:
        KnownError: There are no recordings with texts, or one cannot be read.
    """
    talk = make_talk(talkers, count)
    passed = np.zeros_like(talk.speech)
    for (talker, number), turn in zip(in_turn(talkers, count), talk.turns, strict=True):
        start, end = (round(at_s * SESSION_RATE_HZ) for at_s in (turn.start_s, turn.end_s))
        other = talkers[(talkers.index(talker) + 1) % len(talkers)]
        alone = np.stack([speech_of(talker, without=number), speech_of(other)])
        heard = talk.speech[start:end]
        sources = np.stack([heard, np.zeros_like(heard)])
        outputs = take_apart(Mixture(kind="single", sources=sources, alone=alone))
        if outputs is None:
            passed[start:end] = heard
        else:
            passed[start:end] = outputs[int(np.argmax((outputs**2).sum(axis=1)))]
    return Passed(
        before=transcribe("single talkers", talk.speech, talk.turns),
        after=transcribe("single talkers, taken apart", passed, talk.turns),
    )
