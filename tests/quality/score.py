"""Scores a hypothesis against a reference: words, speakers, and both together.

    python -m tests.quality.score HYPOTHESIS_DIR REFERENCE_DIR

Each folder holds `ref.seglst.json`/`ref.rttm` or `hyp.seglst.json`/`hyp.rttm`. Words are compared
after Whisper's English normaliser on both sides. All error counts are absolute, so that sets add
up. Speaker labels of the two sides need not match; the best one-to-one mapping counts.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import meeteval
import numpy as np
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate

from app.bench.text import normalise
from tests.quality.sets import Turn, read_rttm, read_seglst

# MeetEval takes a long segment for times in samples and says so for each.
logging.getLogger("preprocess").setLevel(logging.ERROR)

COLLAR_S = 5.0
"""tcpWER: how far a word may be from its time in the reference (CHiME-7 and -8 use 5 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Errors of one or several recordings; adding two scores adds recordings.

    Attributes:
        cp_errors: Word errors when each speaker's words are compared with those of the reference
            speaker given by the best mapping (cpWER).
        tcp_errors: The same with a 5 s collar on word times (tcpWER).
        agnostic_errors: Word errors whoever said them (time-constrained ORC-WER, greedy).
        miss_s, false_alarm_s, confusion_s: Parts of the diarization error, in seconds of speech;
            no collar, overlap scored.
        speech_s: Reference speech; overlapped speech counts once per speaker.
        recordings, right_counts: Recordings, and those with the right number of speakers.
        worst_count_error: Largest difference in the number of speakers.
    """

    words: int = 0
    cp_errors: int = 0
    tcp_errors: int = 0
    agnostic_errors: int = 0
    speech_s: float = 0.0
    miss_s: float = 0.0
    false_alarm_s: float = 0.0
    confusion_s: float = 0.0
    recordings: int = 0
    right_counts: int = 0
    worst_count_error: int = 0

    def __add__(self, other: Score) -> Score:
        """Add up; the worst count error is the worse of both."""
        total = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
        }
        total["worst_count_error"] = max(self.worst_count_error, other.worst_count_error)
        return Score(**total)

    @property
    def cp_wer(self) -> float:
        """Percent."""
        return 100 * self.cp_errors / max(1, self.words)

    @property
    def tcp_wer(self) -> float:
        """Percent."""
        return 100 * self.tcp_errors / max(1, self.words)

    @property
    def agnostic_wer(self) -> float:
        """Percent."""
        return 100 * self.agnostic_errors / max(1, self.words)

    @property
    def der(self) -> float:
        """Percent."""
        return (
            100 * (self.miss_s + self.false_alarm_s + self.confusion_s) / max(1e-9, self.speech_s)
        )


def score_words(reference: list[Turn], hypothesis: list[Turn]) -> Score:
    """Compare words; turns that are empty after normalisation are left out."""
    ref, hyp = _segments(reference), _segments(hypothesis)
    words = sum(len(segment["words"].split()) for segment in ref)
    if not hyp or not ref:
        errors = max(words, sum(len(segment["words"].split()) for segment in hyp))
        return Score(words=words, cp_errors=errors, tcp_errors=errors, agnostic_errors=errors)
    ref_segments = meeteval.io.SegLST(ref)
    hyp_segments = meeteval.io.SegLST(hyp)
    agnostic = meeteval.wer.greedy_tcorcwer(ref_segments, hyp_segments, collar=COLLAR_S)
    return Score(
        words=words,
        cp_errors=meeteval.wer.cpwer(ref_segments, hyp_segments)["_"].errors,
        tcp_errors=meeteval.wer.tcpwer(ref_segments, hyp_segments, collar=COLLAR_S)["_"].errors,
        agnostic_errors=agnostic["_"].errors,
    )


def score_turns(reference: list[Turn], hypothesis: list[Turn], duration_s: float) -> Score:
    """Compare who speaks when, over the whole recording: no collar, overlap scored."""
    extent = max([duration_s, *(turn.end_s for turn in (*reference, *hypothesis))])
    parts = DiarizationErrorRate(collar=0.0, skip_overlap=False)(
        _annotation(reference),
        _annotation(hypothesis),
        uem=Timeline([Segment(0.0, extent)]),
        detailed=True,
    )
    difference = abs(
        len({turn.speaker for turn in reference}) - len({turn.speaker for turn in hypothesis})
    )
    return Score(
        speech_s=parts["total"],
        miss_s=parts["missed detection"],
        false_alarm_s=parts["false alarm"],
        confusion_s=parts["confusion"],
        recordings=1,
        right_counts=int(difference == 0),
        worst_count_error=difference,
    )


def score_folder(hypothesis: Path, reference: Path, duration_s: float = 0.0) -> Score:
    """Score `hyp.seglst.json` and `hyp.rttm` of one folder; a missing file scores nothing."""
    score = Score()
    if (hypothesis / "hyp.seglst.json").exists():
        score += score_words(
            read_seglst(reference / "ref.seglst.json"), read_seglst(hypothesis / "hyp.seglst.json")
        )
    if (hypothesis / "hyp.rttm").exists():
        score += score_turns(
            read_rttm(reference / "ref.rttm"), read_rttm(hypothesis / "hyp.rttm"), duration_s
        )
    return score


def bootstrap_interval(
    scores: list[Score], figure: str, *, draws: int = 2_000, seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of a figure such as "cp_wer", by resampling whole recordings."""
    random = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        picked = random.integers(0, len(scores), len(scores))
        values.append(getattr(sum((scores[i] for i in picked), Score()), figure))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _segments(turns: list[Turn]) -> list[dict[str, object]]:
    segments = []
    for turn in turns:
        words = normalise(turn.words)
        if words:
            segments.append(
                {
                    "session_id": "_",
                    "speaker": turn.speaker,
                    "start_time": turn.start_s,
                    "end_time": max(turn.end_s, turn.start_s + 0.01),
                    "words": words,
                }
            )
    return segments


def _annotation(turns: list[Turn]) -> Annotation:
    """A speaker's turns that overlap each other count once."""
    annotation = Annotation()
    for speaker in sorted({turn.speaker for turn in turns}):
        timeline = Timeline(
            [Segment(turn.start_s, turn.end_s) for turn in turns if turn.speaker == speaker]
        )
        for index, segment in enumerate(timeline.support()):
            annotation[segment, f"{speaker}-{index}"] = speaker
    return annotation


def main() -> None:
    """Print the score of one recording as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hypothesis", type=Path)
    parser.add_argument("reference", type=Path)
    arguments = parser.parse_args()
    score = score_folder(arguments.hypothesis, arguments.reference)
    rates = {
        "cp_wer": score.cp_wer,
        "tcp_wer": score.tcp_wer,
        "agnostic_wer": score.agnostic_wer,
        "der": score.der,
    }
    sys.stdout.write(json.dumps({**asdict(score), **rates}, indent=1) + "\n")


if __name__ == "__main__":
    main()
