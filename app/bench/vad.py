"""`bench vad`: is speech found, and nothing else, as noise rises?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.bench.figures import distribution
from app.bench.noises import Noise, mix_at_snr, noise_bed, read_mono
from app.bench.plots import Plot
from app.bench.sets import ReferenceSet, ReferenceWord, read_words
from app.bench.targets import Target, all_kept, rounded
from app.domain.errors import KnownError
from app.domain.messages import Float32Array
from app.domain.ports import SpeechAnalysis, SpeechFinder
from app.domain.units import SESSION_RATE_HZ, Span, to_samples

DEFAULT_SNRS_DB = (20.0, 10.0, 5.0, 0.0)
PROMISED_FROM_DB = 5.0
"""Targets hold at this ratio of speech to noise and above."""
MIN_TPR, MAX_FPR = 95.0, 5.0
MAX_ENDPOINT_S = 0.1
"""Behind the hangover."""
MAX_CLIPPED = 1.0
SILENCE_MARGIN_S = 0.3
"""Silence nearer to a word is not scored: words fade, and reference times are rough."""
ONSET_TOLERANCE_S = 0.1
"""About the error of the reference times."""
AUDIBLE_DB = 20.0
FRAME_SAMPLES = SESSION_RATE_HZ // 100
MIN_PAUSE_S = 1.0
"""What begins or ends an utterance in the reference."""
MAX_WORD_S = 1.0
"""Reference words that seem longer hold a pause; they are not scored as speech."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VadCounts:
    """What was found in one recording, or in several: counts add up.

    Attributes:
        speech, found: Hops with speech, and those found.
        silence, false: Hops far from speech, and those taken for speech.
        onsets, clipped: Utterances that begin after a pause, and those whose first word the gate
            cuts or misses.
        endpoints_s: From the end of an utterance to its closing, less the hangover.
    """

    speech: int = 0
    found: int = 0
    silence: int = 0
    false: int = 0
    onsets: int = 0
    clipped: int = 0
    endpoints_s: tuple[float, ...] = ()

    def __add__(self, other: VadCounts) -> VadCounts:
        """Those of both."""
        return VadCounts(
            speech=self.speech + other.speech,
            found=self.found + other.found,
            silence=self.silence + other.silence,
            false=self.false + other.false,
            onsets=self.onsets + other.onsets,
            clipped=self.clipped + other.clipped,
            endpoints_s=self.endpoints_s + other.endpoints_s,
        )

    @property
    def tpr(self) -> float | None:
        """Percent of speech that is found."""
        return 100 * self.found / self.speech if self.speech else None

    @property
    def fpr(self) -> float | None:
        """Percent of silence that is taken for speech."""
        return 100 * self.false / self.silence if self.silence else None

    @property
    def clipped_share(self) -> float | None:
        """Percent of utterances that begin too late or not at all."""
        return 100 * self.clipped / self.onsets if self.onsets else None


@dataclass(frozen=True, slots=True, kw_only=True)
class VadResult:
    """Counts per ratio of speech to noise in dB; None is the recording as it is."""

    counts: dict[float | None, VadCounts]

    @property
    def targets(self) -> tuple[Target, ...]:
        """The promises at moderate noise; misses count as shares of what must not happen."""
        targets = []
        for snr_db, counts in self.counts.items():
            if snr_db is not None and snr_db < PROMISED_FROM_DB:
                continue
            place = _name(snr_db)
            missed = None if counts.tpr is None else 100 - counts.tpr
            endpoint = distribution(counts.endpoints_s)
            targets += [
                Target(name=f"missed, {place}", unit="%", limit=100 - MIN_TPR, value=missed),
                Target(name=f"false, {place}", unit="%", limit=MAX_FPR, value=counts.fpr),
                Target(
                    name=f"clipped onsets, {place}",
                    unit="%",
                    limit=MAX_CLIPPED,
                    value=counts.clipped_share,
                ),
                Target(
                    name=f"endpoint p50 behind the hangover, {place}",
                    unit="s",
                    limit=MAX_ENDPOINT_S,
                    value=endpoint.p50 if endpoint else None,
                ),
            ]
        return tuple(targets)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        levels = {}
        for snr_db, counts in self.counts.items():
            endpoint = distribution(counts.endpoints_s)
            levels[_name(snr_db)] = {
                "tpr": counts.tpr,
                "fpr": counts.fpr,
                "speech_hops": counts.speech,
                "silence_hops": counts.silence,
                "onsets": counts.onsets,
                "clipped": counts.clipped_share,
                "endpoint_s": None if endpoint is None else asdict(endpoint),
            }
        result: dict[str, Any] = rounded(
            {
                "bench": "vad",
                "ok": all_kept(self.targets),
                "levels": levels,
                "targets": [target.record() for target in self.targets],
            }
        )
        return result


def run_vad(
    sets: Sequence[ReferenceSet],
    noises: Sequence[Noise],
    finder: SpeechFinder,
    *,
    snrs_db: Sequence[float] = DEFAULT_SNRS_DB,
) -> VadResult:
    """Look for speech in every stream of every set, as it is and with noise.

    Args:
        noises: () measures the recordings as they are only.

    Raises:
        KnownError: No set has word times.
    """
    levels: tuple[float | None, ...] = (None, *(snrs_db if noises else ()))
    counts = dict.fromkeys(levels, VadCounts())
    for reference in sets:
        words = read_words(reference)
        for seed, (stream, path) in enumerate(reference.streams.items()):
            samples = read_mono(path)
            spoken = audible_words([w for w in words if w.stream is stream], samples)
            if not spoken:
                continue
            elsewhere = [word for word in words if word.stream is not stream]
            speech = mark_speech(spoken, len(samples))
            for snr_db in levels:
                heard = samples
                if snr_db is not None:
                    bed = noise_bed(noises, len(samples), seed=seed)
                    heard = mix_at_snr(samples, bed, speech, snr_db)
                analysis = finder.analyse(heard)
                counts[snr_db] += compare(analysis, spoken, len(samples), elsewhere=elsewhere)
    if not counts[None].speech:
        raise KnownError("None of these sets has word times (words.json or ref_words.ctm).")
    return VadResult(counts=counts)


def audible_words(words: Sequence[ReferenceWord], samples: Float32Array) -> list[ReferenceWord]:
    """The same words without the quiet at their edges: reference times often hold a pause.

    A word begins with its first 10 ms that are at most `AUDIBLE_DB` below its loudest 10 ms, and
    ends with the last ones.

    Args:
        samples: float32 (n,) without added noise.
    """
    trimmed = []
    for word in words:
        start = to_samples(word.start_s)
        frames = samples[start : to_samples(word.end_s)]
        frames = frames[: len(frames) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        power = np.mean(np.square(frames, dtype=np.float64), axis=1)
        loud = np.flatnonzero(power >= power.max(initial=0.0) / 10 ** (AUDIBLE_DB / 10))
        if len(loud):
            word = replace(
                word,
                start_s=(start + int(loud[0]) * FRAME_SAMPLES) / SESSION_RATE_HZ,
                end_s=(start + (int(loud[-1]) + 1) * FRAME_SAMPLES) / SESSION_RATE_HZ,
            )
        trimmed.append(word)
    return trimmed


def compare(
    analysis: SpeechAnalysis,
    words: Sequence[ReferenceWord],
    sample_count: int,
    *,
    elsewhere: Sequence[ReferenceWord] = (),
) -> VadCounts:
    """Compare what was found in one stream with its words.

    Args:
        elsewhere: Words of other streams: they may leak into this one, so that there is neither
            silence nor a pause while they last.
    """
    middles = np.arange(len(analysis.probabilities)) * analysis.hop_samples
    middles = np.minimum(middles + analysis.hop_samples // 2, sample_count - 1)
    is_speech = mark_speech(words, sample_count)[middles]
    everybody = (*words, *elsewhere)
    near = mark_speech(everybody, sample_count, margin_s=SILENCE_MARGIN_S, with_long_words=True)
    is_silence = ~near[middles]
    is_found = analysis.probabilities >= analysis.threshold
    onsets = [word for word in utterance_starts(everybody) if word in words]
    return VadCounts(
        speech=int(is_speech.sum()),
        found=int((is_speech & is_found).sum()),
        silence=int(is_silence.sum()),
        false=int((is_silence & is_found).sum()),
        onsets=len(onsets),
        clipped=sum(1 for word in onsets if _is_clipped(word, analysis.spans)),
        endpoints_s=tuple(
            delay_s
            for word in utterance_ends(everybody)
            if word in words and (delay_s := _endpoint_s(word, analysis)) is not None
        ),
    )


def mark_speech(
    words: Sequence[ReferenceWord],
    sample_count: int,
    *,
    margin_s: float = 0.0,
    with_long_words: bool = False,
) -> np.ndarray:
    """Where somebody talks: bool (samples,), each word made longer by the margin on both sides."""
    marks = np.zeros(sample_count, dtype=bool)
    for word in words:
        if with_long_words or word.end_s - word.start_s <= MAX_WORD_S:
            start = max(0, to_samples(word.start_s - margin_s))
            marks[start : max(start, to_samples(word.end_s + margin_s))] = True
    return marks


def utterance_starts(words: Sequence[ReferenceWord]) -> list[ReferenceWord]:
    """The words that begin after a pause, in whoever's voice."""
    starts, quiet_since_s = [], -np.inf
    for word in sorted(words, key=lambda word: word.start_s):
        if word.start_s - quiet_since_s >= MIN_PAUSE_S and _is_short(word):
            starts.append(word)
        quiet_since_s = max(quiet_since_s, word.end_s)
    return starts


def utterance_ends(words: Sequence[ReferenceWord]) -> list[ReferenceWord]:
    """The words behind which a pause begins; the last one of a recording is not sure of one."""
    ends, last = [], None
    for word in sorted(words, key=lambda word: word.start_s):
        if last is not None and word.start_s - last.end_s >= MIN_PAUSE_S and _is_short(last):
            ends.append(last)
        if last is None or word.end_s > last.end_s:
            last = word
    return ends


def draw_vad(result: VadResult, path: Path) -> None:
    """Found and false shares over the ratio of speech to noise.

    Raises:
        KnownError: matplotlib is missing, or the file cannot be written.
    """
    plot = Plot("Speech found", "Silence taken for speech")
    noisy = sorted((snr, counts) for snr, counts in result.counts.items() if snr is not None)
    for panel, name in enumerate(("tpr", "fpr")):
        clean = getattr(result.counts[None], name) or 0.0
        x = [snr for snr, _ in noisy]
        y = [getattr(counts, name) or 0.0 for _, counts in noisy]
        labels = ("speech over noise, dB", "%")
        plot.line(panel, x or [0.0], y or [clean], labels, name="with noise")
        ends = [min(x, default=0.0), max(x, default=0.0)]
        plot.line(panel, ends, [clean, clean], labels, name="as recorded")
    plot.save(path)


def _is_short(word: ReferenceWord) -> bool:
    return word.end_s - word.start_s <= MAX_WORD_S


def _is_clipped(word: ReferenceWord, spans: Sequence[Span]) -> bool:
    start = to_samples(word.start_s + ONSET_TOLERANCE_S)
    return not any(span.start <= start < span.end for span in spans)


def _endpoint_s(word: ReferenceWord, analysis: SpeechAnalysis) -> float | None:
    """How long behind the hangover the utterance of a last word closes; None if it was missed."""
    end = to_samples(word.end_s)
    middle = to_samples((word.start_s + word.end_s) / 2)
    for span, closed_at in zip(analysis.spans, analysis.closed_at, strict=True):
        if span.contains(middle):
            return (closed_at - end) / SESSION_RATE_HZ - analysis.hangover_s
    return None


def _name(snr_db: float | None) -> str:
    return "as recorded" if snr_db is None else f"{snr_db:g} dB"
