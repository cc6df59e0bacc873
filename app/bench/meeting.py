"""`bench meeting`: who said what, while a meeting runs and after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import soundfile

from app.bench.asr import Player
from app.bench.figures import bootstrap_interval, distribution
from app.bench.labels import Labels, measure_labels
from app.bench.load import is_disturbed
from app.bench.play import Setup, Take
from app.bench.scoring import WordScore, score_words
from app.bench.sets import ReferenceSet, read_turns, read_words
from app.bench.targets import Target, all_kept, rounded
from app.bench.turns import Talk, TurnScore, read_talks, score_turns
from app.domain.ids import StreamId
from app.domain.messages import Float32Array, SpeakerTurn
from app.domain.ports import VoiceFollower, VoiceTrail
from app.domain.session import OperatingPoint
from app.domain.units import SESSION_RATE_HZ

LABEL_DELAY_S = 1.0
MAX_CONFUSION = 5.0
MAX_WRONG_COUNTS = 20.0
MAX_LIVE_SPEAKER_COST = 8.0
MAX_FINAL_SPEAKER_COST = 4.0
MAX_RELABELLED = 5.0
MAX_RTF = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceFigures:
    """Speaker labels alone, without words; one recording or several.

    Attributes:
        shown: Errors of the labels as first shown, at `LABEL_DELAY_S`.
        settled: Errors of the same stretches with the labels at the end.
        changed_s: Seconds of labels that changed in between.
        unknown_s: Seconds shown as nobody known.
        labelled_s: Seconds shown.
    """

    shown: TurnScore = field(default_factory=TurnScore)
    settled: TurnScore = field(default_factory=TurnScore)
    changed_s: float = 0.0
    unknown_s: float = 0.0
    labelled_s: float = 0.0

    def __add__(self, other: VoiceFigures) -> VoiceFigures:
        """Those of both."""
        return VoiceFigures(
            shown=self.shown + other.shown,
            settled=self.settled + other.settled,
            changed_s=self.changed_s + other.changed_s,
            unknown_s=self.unknown_s + other.unknown_s,
            labelled_s=self.labelled_s + other.labelled_s,
        )

    def record(self) -> dict[str, Any]:
        """JSON-ready; shares in percent."""
        labelled_s = max(1e-9, self.labelled_s)
        record: dict[str, Any] = rounded(
            {
                "online": turn_record(self.shown),
                "online_settled": turn_record(self.settled),
                "time_relabelled": 100 * self.changed_s / labelled_s,
                "time_unknown": 100 * self.unknown_s / labelled_s,
            }
        )
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingFigures:
    """Everything about one recording, or several.

    Attributes:
        voices: Labels alone at the promised delay; ablations by their name.
        live_words, final_words: Word errors with and without speakers.
        final: Errors of the final pass's turns.
        audio_s, final_wall_s: Of the final pass.
        peak_mb: Of the engine in the final pass.
    """

    voices: VoiceFigures = field(default_factory=VoiceFigures)
    without: Mapping[str, VoiceFigures] = field(default_factory=dict)
    live_words: WordScore = field(default_factory=WordScore)
    labels: Labels = field(default_factory=Labels)
    final_words: WordScore = field(default_factory=WordScore)
    final: TurnScore = field(default_factory=TurnScore)
    audio_s: float = 0.0
    final_wall_s: float = 0.0
    peak_mb: float = 0.0
    is_disturbed: bool = False

    def __add__(self, other: MeetingFigures) -> MeetingFigures:
        """Those of both."""
        names = {**self.without, **other.without}
        nothing = VoiceFigures()
        return MeetingFigures(
            voices=self.voices + other.voices,
            without={
                name: self.without.get(name, nothing) + other.without.get(name, nothing)
                for name in names
            },
            live_words=self.live_words + other.live_words,
            labels=self.labels + other.labels,
            final_words=self.final_words + other.final_words,
            final=self.final + other.final,
            audio_s=self.audio_s + other.audio_s,
            final_wall_s=self.final_wall_s + other.final_wall_s,
            peak_mb=max(self.peak_mb, other.peak_mb),
            is_disturbed=self.is_disturbed or other.is_disturbed,
        )

    def record(self, *, is_timed: bool) -> dict[str, Any]:
        """JSON-ready; delays are None when the clock did not set the pace."""
        delays = distribution(self.labels.delays_s) if is_timed else None
        record: dict[str, Any] = rounded(
            {
                "audio_s": self.audio_s,
                "words": self.final_words.words,
                **self.voices.record(),
                "without": {name: v.record() for name, v in self.without.items()},
                "live_wer": self.live_words.wer,
                "live_cpwer": self.live_words.cp_wer,
                "label_delay_p50_s": delays.p50 if delays else None,
                "label_delay_p95_s": delays.p95 if delays else None,
                "words_relabelled": self.labels.changed_percent,
                "words_unlabelled": self.labels.unlabelled_percent,
                "final": turn_record(self.final),
                "final_wer": self.final_words.wer,
                "final_cpwer": self.final_words.cp_wer,
                "final_rtf": self.final_wall_s / self.audio_s if self.audio_s else None,
                "final_peak_mb": self.peak_mb,
            }
        )
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingResult:
    """The bench's outcome."""

    setup: Setup
    sets: Mapping[str, MeetingFigures]

    @property
    def total(self) -> MeetingFigures:
        """Those of all sets."""
        return sum(self.sets.values(), MeetingFigures())

    @property
    def targets(self) -> tuple[Target, ...]:
        """The promises."""
        total = self.total
        shown, final = total.voices.shown, total.final
        wrong = 100 * (final.files - final.right_counts) / final.files if final.files else None
        rows: tuple[tuple[str, str, float, float | None], ...] = (
            ("online confusion", "%", MAX_CONFUSION, shown.percent(shown.confusion_s)),
            ("speaker counts wrong", "%", MAX_WRONG_COUNTS, wrong),
            ("live cpWER above WER", "points", MAX_LIVE_SPEAKER_COST, _cost(total.live_words)),
            ("final cpWER above WER", "points", MAX_FINAL_SPEAKER_COST, _cost(total.final_words)),
            ("words re-labelled", "%", MAX_RELABELLED, total.labels.changed_percent),
            (
                "final pass",
                "s per s",
                MAX_RTF,
                total.final_wall_s / total.audio_s if total.audio_s else None,
            ),
        )
        targets = [Target(name=n, unit=u, limit=m, value=v) for n, u, m, v in rows]
        delays = distribution(total.labels.delays_s)
        if self.setup.is_realtime and delays is not None:
            targets.append(
                Target(name="label delay p95", unit="s", limit=LABEL_DELAY_S, value=delays.p95)
            )
        return tuple(targets)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        is_timed = self.setup.is_realtime
        scores = [figures.final for figures in self.sets.values()]
        interval = bootstrap_interval(scores, lambda drawn: sum(drawn, TurnScore()).der or 0.0)
        return {
            "bench": "meeting",
            "point": self.setup.point.value,
            "realtime": is_timed,
            "ok": all_kept(self.targets),
            "disturbed": self.total.is_disturbed,
            "sets": {name: f.record(is_timed=is_timed) for name, f in self.sets.items()},
            "total": self.total.record(is_timed=is_timed)
            | {"final_der_interval": rounded(interval)},
            "targets": [target.record() for target in self.targets],
        }


def run_meeting(
    sets: Sequence[ReferenceSet],
    setup: Setup,
    player_of: Callable[[Setup], Player],
    follower: VoiceFollower,
    *,
    has_ablations: bool = False,
) -> MeetingResult:
    """Play every set live and through the final pass, and follow its voices alone.

    Args:
        setup: Of the live run; the final pass runs as fast as it can.
        has_ablations: Follow the voices again without the continuity prior.

    Raises:
        KnownError, Cancelled: As `app.bench.play.play`.
    """
    live = player_of(setup)
    final = player_of(replace(setup, point=OperatingPoint.FINAL, is_realtime=False))
    measured = {}
    for reference in sets:
        voices = follow_set(follower, reference)
        without = {}
        if has_ablations:
            without["continuity"] = follow_set(follower, reference, has_continuity=False)
        heard = measure_words(live(reference), final(reference), reference)
        measured[reference.name] = replace(heard, voices=voices, without=without)
    return MeetingResult(setup=setup, sets=measured)


def follow_set(
    follower: VoiceFollower, reference: ReferenceSet, *, has_continuity: bool = True
) -> VoiceFigures:
    """The labels of one recording, as lane A alone gives them."""
    trail = follower.follow(
        {stream: _samples(reference, stream) for stream in reference.streams},
        label_delay_s=LABEL_DELAY_S,
        has_continuity=has_continuity,
        is_echo_handled=True,
    )
    return measure_trail(trail, read_talks(reference))


def measure_trail(trail: VoiceTrail, reference: Sequence[Talk]) -> VoiceFigures:
    """Compare labels with the reference, as shown and as they ended."""
    pairs = list(zip(trail.shown, trail.settled, strict=True))
    return VoiceFigures(
        shown=score_turns(reference, _talks(trail.shown)),
        settled=score_turns(reference, _talks(trail.settled)),
        changed_s=sum((a.span.duration_s for a, b in pairs if a.track and a.track != b.track), 0.0),
        unknown_s=sum((a.span.duration_s for a, _ in pairs if a.track is None), 0.0),
        labelled_s=sum((a.span.duration_s for a, _ in pairs), 0.0),
    )


def measure_words(live: Take, final: Take, reference: ReferenceSet) -> MeetingFigures:
    """Compare a live run and a final pass with the reference."""
    turns = read_turns(reference)
    transcript = final.transcript
    return MeetingFigures(
        live_words=score_words(turns, live.transcript.segments),
        labels=measure_labels(live.shown, read_words(reference)),
        final_words=score_words(turns, transcript.segments),
        final=score_turns(read_talks(reference), _talks(transcript.turns)),
        audio_s=transcript.meeting.duration_s,
        final_wall_s=final.tape.wall_s,
        peak_mb=final.load.engine_peak_mb,
        is_disturbed=is_disturbed(live.load),
    )


def turn_record(score: TurnScore) -> dict[str, Any]:
    """JSON-ready; percent of the reference's speech."""
    return {
        "der": score.der,
        "miss": score.percent(score.miss_s),
        "false_alarm": score.percent(score.false_s),
        "confusion": score.percent(score.confusion_s),
        "files": score.files,
        "right_counts": score.right_counts,
        "off_by_more_than_one": score.files - score.near_counts,
    }


def _cost(score: WordScore) -> float | None:
    return score.cp_wer - score.wer if score.words else None


def _talks(turns: Sequence[SpeakerTurn]) -> list[Talk]:
    return [
        Talk(start_s=turn.span.start_s, end_s=turn.span.end_s, voice=turn.track) for turn in turns
    ]


def _samples(reference: ReferenceSet, stream: StreamId) -> Float32Array:
    samples, rate = soundfile.read(reference.streams[stream], dtype="float32")
    if rate != SESSION_RATE_HZ:
        raise ValueError(f"{reference.streams[stream]} has {rate} Hz, not {SESSION_RATE_HZ}")
    return np.asarray(samples, dtype=np.float32)
