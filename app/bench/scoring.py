"""Word errors of a transcript, whoever said them and with the speakers counting (meeteval)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.bench.extras import require_extra
from app.bench.figures import bootstrap_interval
from app.bench.sets import ReferenceTurn
from app.bench.text import normalise
from app.domain.messages import SegmentUpdate

COLLAR_S = 5.0
"""How far a word may be from its time in the reference (CHiME-7 and -8 use 5 s)."""
MAX_VOICES = 10
"""MeetEval finds the best mapping of so many speakers and refuses more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordScore:
    """Errors of one or several recordings; adding two adds recordings.

    Attributes:
        words: In the reference.
        errors: Whoever said them (time-constrained ORC-WER, greedy).
        cp_errors: When each voice's words are compared with those of the reference speaker given
            by the best mapping (cpWER).
    """

    words: int = 0
    errors: int = 0
    cp_errors: int = 0

    def __add__(self, other: WordScore) -> WordScore:
        """That of both."""
        return WordScore(
            words=self.words + other.words,
            errors=self.errors + other.errors,
            cp_errors=self.cp_errors + other.cp_errors,
        )

    @property
    def wer(self) -> float:
        """Percent."""
        return 100 * self.errors / max(1, self.words)

    @property
    def cp_wer(self) -> float:
        """Percent."""
        return 100 * self.cp_errors / max(1, self.words)


def score_words(reference: Iterable[ReferenceTurn], segments: Iterable[SegmentUpdate]) -> WordScore:
    """Compare a transcript with its reference.

    Of more than `MAX_VOICES` voices those with the fewest words count as one.
    """
    spoken = _rows((turn.speaker, turn.start_s, turn.end_s, turn.words) for turn in reference)
    written = _rows(
        (
            segment.track or "unknown",
            segment.span.start_s,
            segment.span.end_s,
            " ".join(word.text for word in segment.words),
        )
        for segment in segments
    )
    words = sum(len(str(row["words"]).split()) for row in spoken)
    if not spoken or not written:
        errors = words + sum(len(str(row["words"]).split()) for row in written)
        return WordScore(words=words, errors=errors, cp_errors=errors)
    _merge_small(written)
    meeteval = require_extra("meeteval")
    ref, hyp = meeteval.io.SegLST(spoken), meeteval.io.SegLST(written)
    return WordScore(
        words=words,
        errors=int(meeteval.wer.greedy_tcorcwer(ref, hyp, collar=COLLAR_S)["_"].errors),
        cp_errors=int(meeteval.wer.cpwer(ref, hyp)["_"].errors),
    )


def wer_interval(scores: Sequence[WordScore]) -> tuple[float, float] | None:
    """The 95 % interval of the word error rate in percent, over recordings."""
    return bootstrap_interval(scores, lambda drawn: sum(drawn, WordScore()).wer)


def _rows(turns: Iterable[tuple[str, float, float, str]]) -> list[dict[str, object]]:
    return [
        {
            "session_id": "_",
            "speaker": speaker,
            "start_time": start_s,
            "end_time": max(end_s, start_s + 0.01),
            "words": words,
        }
        for speaker, start_s, end_s, text in turns
        if (words := normalise(text))
    ]


def _merge_small(rows: Sequence[dict[str, object]]) -> None:
    """Give the voices that are too many one name, in place."""
    said: Counter[object] = Counter()
    for row in rows:
        said[row["speaker"]] += len(str(row["words"]).split())
    if len(said) > MAX_VOICES:
        kept = {speaker for speaker, _ in said.most_common(MAX_VOICES - 1)}
        for row in rows:
            row["speaker"] = row["speaker"] if row["speaker"] in kept else "others"
