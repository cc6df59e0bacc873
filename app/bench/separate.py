"""`bench separate`: voices apart, and the words of people who talk at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from threadpoolctl import threadpool_limits

from app.bench.figures import distribution
from app.bench.mixtures import KINDS, Mixture
from app.bench.plots import Plot
from app.bench.scoring import WordScore, score_words
from app.bench.sets import ReferenceTurn, ReferenceWord
from app.bench.targets import Target, all_kept, rounded
from app.domain.ids import StreamId
from app.domain.messages import Float32Array, SegmentUpdate
from app.domain.units import SESSION_RATE_HZ

MIN_GAIN_DB = {"clean": 8.0, "rooms": 5.0}
MIN_SINGLE_DB = 20.0
MAX_WORSE_POINTS = 0.2
"""Of the WER of single talkers."""
MAX_OVERLAP_SHARE = 80.0
"""Of the errors on overlaps without rescue, in percent."""
MAX_REAL_TIME = 0.15
MAX_ADDED = 0.1
MIN_OVERLAP_S = 0.3
EDGE_S = 0.3
"""Words this close to an overlap count as said in it: times are not exact."""
FLOOR_DB = -60.0
STREAMS = "streams"
"""The way in which each talker has a stream, as microphone and system audio have: what perfect
sources could give."""

Stretches = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Separated:
    """What a network made of one mixture.

    Attributes:
        gain_db: Improvement of SI-SDR by the better pairing, mean of both talkers; None for one.
        single_db: SI-SDR of the louder output, for a single talker; None for two.
        leak_db: Level of the other output below the talker's own, for a single talker.
    """

    kind: str
    gain_db: float | None = None
    single_db: float | None = None
    leak_db: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Word errors of single talkers.

    Attributes:
        before: Of the recordings as they are.
        after: Of what is left of them.
    """

    before: WordScore
    after: WordScore

    @property
    def worse_points(self) -> float:
        """Of WER, by which it is higher after than before."""
        return self.after.wer - self.before.wer

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "words": self.before.words,
            "wer_before": self.before.wer,
            "wer_after": self.after.wer,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingScore:
    """Word errors of one meeting in one way of transcribing it.

    Attributes:
        way: "off", "auto", "on", "network" or `STREAMS`.
        overlapped: Of the words where two people talk.
        cpu_s: Processor seconds that it took, models not counted that were loaded before.
        audio_s: Its length.
    """

    name: str
    way: str
    whole: WordScore
    overlapped: WordScore
    cpu_s: float = 0.0
    audio_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparateResult:
    """The bench's outcome.

    Attributes:
        network: "voices" for what they sound like alone, or the network that was measured.
        real_time: Processor seconds of the network per second of audio; None without mixtures.
        passed: Words of single talkers; None where nothing was transcribed of them.
        point, is_realtime: How meetings were transcribed.
    """

    network: str
    point: str = "final"
    is_realtime: bool = False
    separated: tuple[Separated, ...] = ()
    meetings: tuple[MeetingScore, ...] = ()
    real_time: float | None = None
    passed: Passed | None = None

    def gains_db(self, kind: str) -> list[float]:
        """Improvements on one kind of mixture."""
        return [s.gain_db for s in self.separated if s.kind == kind and s.gain_db is not None]

    @property
    def singles_db(self) -> list[float]:
        """What is left of single talkers."""
        return [s.single_db for s in self.separated if s.single_db is not None]

    def total(self, way: str) -> MeetingScore | None:
        """All meetings in one way; None where it was not tried."""
        ours = [meeting for meeting in self.meetings if meeting.way == way]
        if not ours:
            return None
        return MeetingScore(
            name="all",
            way=way,
            whole=sum((meeting.whole for meeting in ours), WordScore()),
            overlapped=sum((meeting.overlapped for meeting in ours), WordScore()),
            cpu_s=sum(meeting.cpu_s for meeting in ours),
            audio_s=sum(meeting.audio_s for meeting in ours),
        )

    @property
    def added_real_time(self) -> float | None:
        """Processor seconds that taking apart adds to a second of meetings; None without any."""
        off, auto = self.total("off"), self.total("auto")
        if off is None or auto is None or not off.audio_s:
            return None
        return (auto.cpu_s - off.cpu_s) / off.audio_s

    @property
    def targets(self) -> tuple[Target, ...]:
        """Gains are promised as what they fall short of."""
        rows = [
            (
                f"SI-SDR gain {kind}, short of {least:g}",
                "dB",
                0.0,
                _short(self.gains_db(kind), least),
            )
            for kind, least in MIN_GAIN_DB.items()
        ]
        short = _short(self.singles_db, MIN_SINGLE_DB)
        rows.append((f"single talker, short of {MIN_SINGLE_DB:g}", "dB", 0.0, short))
        if self.passed is not None:
            worse = self.passed.worse_points
            rows.append(("WER of single talkers, worse by", "points", MAX_WORSE_POINTS, worse))
        rows.append(("real-time factor", "", MAX_REAL_TIME, self.real_time))
        off, auto = self.total("off"), self.total("auto")
        if off is not None and auto is not None:
            share = 100 * auto.overlapped.cp_errors / max(1, off.overlapped.cp_errors)
            worse = auto.whole.cp_wer - off.whole.cp_wer
            rows.append(("cpWER on overlaps, of that without", "%", MAX_OVERLAP_SHARE, share))
            rows.append(("cpWER of whole meetings, worse by", "points", 0.1, worse))
            rows.append(("real-time factor added to meetings", "", MAX_ADDED, self.added_real_time))
        return tuple(Target(name=n, unit=u, limit=m, value=v) for n, u, m, v in rows)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        kinds = {kind: _spread(self.gains_db(kind)) for kind in KINDS if self.gains_db(kind)}
        leaks = [s.leak_db for s in self.separated if s.leak_db is not None]
        ways = dict.fromkeys(meeting.way for meeting in self.meetings)
        record: dict[str, Any] = rounded(
            {
                "bench": "separate",
                "ok": all_kept(self.targets),
                "network": self.network,
                "point": self.point,
                "realtime": self.is_realtime,
                "gain_db": kinds,
                "single_db": _spread(self.singles_db),
                "leak_db": _spread(leaks),
                "single_words": self.passed.record() if self.passed is not None else None,
                "real_time": self.real_time,
                "added_real_time": self.added_real_time,
                "words": {way: _words(self.total(way)) for way in ways},
                "meetings": [
                    {"name": meeting.name, "way": meeting.way, **_words(meeting)}
                    for meeting in self.meetings
                ],
                "targets": [target.record() for target in self.targets],
            }
        )
        return record


def run_mixtures(
    mixtures: Iterable[Mixture],
    take_apart: Callable[[Mixture], Float32Array | None],
    on_progress: Callable[[int], None],
) -> tuple[tuple[Separated, ...], float | None]:
    """Separate and score; mixtures that give nothing are left out.

    Returns:
        The scores, and processor seconds per second of audio.
    """
    scores = []
    process = psutil.Process()
    worked_s = audio_s = 0.0
    for number, mixture in enumerate(mixtures, start=1):
        samples = mixture.samples
        # As the engine does: BLAS spins on a second thread.
        with threadpool_limits(1, user_api="blas"):
            started_s = process.cpu_times().user
            outputs = take_apart(mixture)
            worked_s += process.cpu_times().user - started_s
        audio_s += len(samples) / SESSION_RATE_HZ
        if outputs is not None:
            scores.append(score_separated(mixture, outputs))
        on_progress(number)
    return tuple(scores), worked_s / audio_s if audio_s else None


def score_separated(mixture: Mixture, outputs: Float32Array) -> Separated:
    """Compare a network's outputs with the sources.

    Args:
        outputs: float32 (k, n), k >= 2; of more than two, the loudest count.
    """
    order = np.argsort(-(outputs**2).sum(axis=1))[:2]
    loud, soft = outputs[order[0]], outputs[order[1]]
    if mixture.kind == "single":
        energies = [float((output**2).sum()) for output in (loud, soft)]
        leak = 10 * np.log10((energies[1] + 1e-12) / (energies[0] + 1e-12))
        return Separated(
            kind=mixture.kind,
            single_db=si_sdr(loud, mixture.sources[0]),
            leak_db=max(FLOOR_DB, float(leak)),
        )
    one, two = mixture.sources
    before = (si_sdr(mixture.samples, one) + si_sdr(mixture.samples, two)) / 2
    after = max(
        (si_sdr(loud, one) + si_sdr(soft, two)) / 2,
        (si_sdr(soft, one) + si_sdr(loud, two)) / 2,
    )
    return Separated(kind=mixture.kind, gain_db=after - before)


def si_sdr(estimate: Float32Array, source: Float32Array) -> float:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux and others, 2019)."""
    estimate, source = estimate.astype(np.float64), source.astype(np.float64)
    wanted = source * ((estimate @ source) / (source @ source + 1e-12))
    rest = estimate - wanted
    ratio = (wanted @ wanted + 1e-12) / (rest @ rest + 1e-12)
    return float(10 * np.log10(ratio))


def overlaps_of(turns: Sequence[ReferenceTurn]) -> Stretches:
    """Where two people talk at once, by the reference."""
    ordered = sorted(turns, key=lambda turn: turn.start_s)
    found = []
    for number, one in enumerate(ordered):
        for two in ordered[number + 1 :]:
            start_s, end_s = two.start_s, min(one.end_s, two.end_s)
            if one.speaker != two.speaker and end_s - start_s >= MIN_OVERLAP_S:
                found.append((start_s - EDGE_S, end_s + EDGE_S))
    return found


def score_meeting(
    name: str,
    way: str,
    turns: Sequence[ReferenceTurn],
    words: Sequence[ReferenceWord],
    segments: Sequence[SegmentUpdate],
) -> MeetingScore:
    """Errors of a transcript, of everything and where people talk at once.

    Args:
        words: The reference with times; without any, words are spread over their turns.
    """
    stretches = overlaps_of(turns)
    timed = words or [word for turn in turns for word in spread(turn)]
    said = [
        ReferenceTurn(start_s=w.start_s, end_s=w.end_s, speaker=w.speaker, words=w.text)
        for w in timed
        if _is_inside((w.start_s + w.end_s) / 2, stretches)
    ]
    written = [
        replace(segment, span=word.span, words=(word,), committed=1)
        for segment in segments
        for word in segment.words
        if _is_inside(word.span.middle / SESSION_RATE_HZ, stretches)
    ]
    return MeetingScore(
        name=name,
        way=way,
        whole=score_words(turns, segments),
        overlapped=score_words(said, written),
    )


def spread(turn: ReferenceTurn) -> list[ReferenceWord]:
    """Words of a turn with times by their length, where nothing better is known."""
    texts = turn.words.split()
    total = sum(len(text) + 1 for text in texts)
    words, at_s = [], turn.start_s
    for text in texts:
        end_s = at_s + (turn.end_s - turn.start_s) * (len(text) + 1) / total
        words.append(
            ReferenceWord(
                text=text, start_s=at_s, end_s=end_s, speaker=turn.speaker, stream=StreamId.MIX
            )
        )
        at_s = end_s
    return words


def draw_separate(result: SeparateResult, path: Path) -> None:
    """Draw gains by kind, and word errors by way.

    Raises:
        KnownError: The file cannot be written, or matplotlib is missing.
    """
    plot = Plot(f"SI-SDR gain of {result.network}", "cpWER where two people talk")
    gains: Mapping[str, Sequence[float]] = {kind: result.gains_db(kind) for kind in KINDS}
    plot.histogram(0, gains, "dB", limit=MIN_GAIN_DB["clean"])
    ways = list(dict.fromkeys(meeting.way for meeting in result.meetings))
    totals = [total for way in ways if (total := result.total(way)) is not None]
    values = [total.overlapped.cp_wer for total in totals]
    plot.line(1, list(range(len(values))), values, ("", "%"))
    for number, (total, value) in enumerate(zip(totals, values, strict=True)):
        plot.note(1, number, value, f"{total.way}: {value:.0f}")
    plot.save(path)


def _is_inside(at_s: float, stretches: Stretches) -> bool:
    return any(start_s <= at_s <= end_s for start_s, end_s in stretches)


def _short(values: Sequence[float], least: float) -> float | None:
    return max(0.0, least - float(np.mean(values))) if values else None


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    found = distribution(values)
    if found is None:
        return None
    return {"count": found.count, "mean": found.mean, "p50": found.p50, "std": found.std}


def _words(score: MeetingScore | None) -> dict[str, float]:
    if score is None:
        return {}
    return {
        "words": score.whole.words,
        "wer": score.whole.wer,
        "cpwer": score.whole.cp_wer,
        "overlapped_words": score.overlapped.words,
        "overlapped_wer": score.overlapped.wer,
        "overlapped_cpwer": score.overlapped.cp_wer,
        "cost": score.cpu_s / score.audio_s if score.audio_s else 0.0,
    }
