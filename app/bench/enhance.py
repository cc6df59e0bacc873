"""`bench enhance`: what taking noise out does for ears, and for the recogniser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.bench.extras import require_extra
from app.bench.mixtures import Talker, in_turn
from app.bench.noises import Noise, at_level, mix_at_snr, noise_bed, read_mono
from app.bench.plots import Plot
from app.bench.scoring import WordScore
from app.bench.separate import si_sdr
from app.bench.sets import ReferenceTurn
from app.bench.targets import Target, all_kept, rounded
from app.domain.errors import KnownError
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ
from app.lib.clock import Clock

DEFAULT_SNRS_DB = (0.0, 5.0, 10.0, 20.0)
PROMISED_TO_DB = 5.0
"""Gains are promised at this ratio of speech to noise and below: clean speech cannot gain."""
MIN_GAIN_DB = 3.0
MIN_STOI_GAIN = 0.02
MAX_REAL_TIME = 0.1
SPEECH_LEVEL = 0.05
PAUSE_S = 1.0
ORIGINAL, CLEANED = "original", "cleaned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """People who talk in turns, without noise.

    Attributes:
        speech: float32 (n,).
        is_speech: bool (n,), where somebody talks.
    """

    speech: Float32Array
    is_speech: np.ndarray
    turns: tuple[ReferenceTurn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One recording in one way.

    Attributes:
        way: `ORIGINAL` or `CLEANED`.
        si_sdr_db: Against the speech alone.
        stoi: Short-time objective intelligibility (Taal and others, 2011), in [0, 1].
        words: None where nothing was transcribed.
    """

    snr_db: float
    way: str
    si_sdr_db: float
    stoi: float
    words: WordScore | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnhanceResult:
    """The bench's outcome.

    Attributes:
        limit_db: By how much noise may become softer.
        real_time: Seconds of work per second of audio.
    """

    limit_db: float
    heard: tuple[Heard, ...]
    real_time: float

    def gain(self, snr_db: float, value: Callable[[Heard], float]) -> float:
        """By how much a value rises with the noise taken out."""
        both = {heard.way: value(heard) for heard in self.heard if heard.snr_db == snr_db}
        return both[CLEANED] - both[ORIGINAL]

    @property
    def snrs_db(self) -> tuple[float, ...]:
        """Those that were heard, each once."""
        return tuple(dict.fromkeys(heard.snr_db for heard in self.heard))

    @property
    def targets(self) -> tuple[Target, ...]:
        """Gains are promised as what they fall short of."""
        noisy = [snr_db for snr_db in self.snrs_db if snr_db <= PROMISED_TO_DB]
        gains_db = [self.gain(snr_db, lambda heard: heard.si_sdr_db) for snr_db in noisy]
        clearer = [self.gain(snr_db, lambda heard: heard.stoi) for snr_db in noisy]
        rows = (
            (f"SI-SDR gain, short of {MIN_GAIN_DB:g}", "dB", 0.0, _short(gains_db, MIN_GAIN_DB)),
            (f"STOI gain, short of {MIN_STOI_GAIN:g}", "", 0.0, _short(clearer, MIN_STOI_GAIN)),
            ("real-time factor", "", MAX_REAL_TIME, self.real_time),
        )
        return tuple(Target(name=n, unit=u, limit=m, value=v) for n, u, m, v in rows)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        record: dict[str, Any] = rounded(
            {
                "bench": "enhance",
                "ok": all_kept(self.targets),
                "limit_db": self.limit_db,
                "real_time": self.real_time,
                "heard": [
                    {
                        "snr_db": heard.snr_db,
                        "way": heard.way,
                        "si_sdr_db": heard.si_sdr_db,
                        "stoi": heard.stoi,
                        "words": heard.words.words if heard.words else None,
                        "wer": heard.words.wer if heard.words else None,
                    }
                    for heard in self.heard
                ],
                "targets": [target.record() for target in self.targets],
            }
        )
        return record


def make_talk(talkers: Sequence[Talker], count: int) -> Talk:
    """`count` recordings whose words are known, one of each talker in turn, with pauses between.

    Raises:
        KnownError: There are none, or one cannot be read.
    """
    order = in_turn(talkers, count)
    if not order:
        raise KnownError("There are no recordings of talkers with trans.txt there.")
    pause = np.zeros(int(PAUSE_S * SESSION_RATE_HZ), dtype=np.float32)
    pieces, marks, turns = [pause], [pause > 0], []
    at_s = PAUSE_S
    for talker, number in order:
        speech = at_level(read_mono(talker.files[number]), SPEECH_LEVEL)
        pieces += [speech, pause]
        marks += [np.ones(len(speech), dtype=bool), pause > 0]
        end_s = at_s + len(speech) / SESSION_RATE_HZ
        turns.append(
            ReferenceTurn(
                start_s=at_s, end_s=end_s, speaker=talker.name, words=talker.texts[number]
            )
        )
        at_s = end_s + PAUSE_S
    return Talk(speech=np.concatenate(pieces), is_speech=np.concatenate(marks), turns=tuple(turns))


def run_enhance(
    talk: Talk,
    noises: Sequence[Noise],
    snrs_db: Sequence[float],
    limit_db: float,
    denoise: Callable[[Float32Array, float], Float32Array],
    transcribe: Callable[[str, Float32Array], WordScore | None],
    clock: Clock,
) -> EnhanceResult:
    """Hear one talk at several levels of noise, with the noise and without it.

    Args:
        denoise: Takes samples and the limit in dB.
        transcribe: Takes the name of a recording and its samples; None leaves words out.
    """
    bed = noise_bed(noises, len(talk.speech))
    heard: list[Heard] = []
    worked_s = audio_s = 0.0
    for snr_db in snrs_db:
        noisy = mix_at_snr(talk.speech, bed, talk.is_speech, snr_db)
        began_s = clock.monotonic()
        cleaned = denoise(noisy, limit_db)
        worked_s += clock.monotonic() - began_s
        audio_s += len(noisy) / SESSION_RATE_HZ
        for way, samples in ((ORIGINAL, noisy), (CLEANED, cleaned)):
            heard.append(
                Heard(
                    snr_db=snr_db,
                    way=way,
                    si_sdr_db=si_sdr(samples, talk.speech),
                    stoi=stoi(talk.speech, samples),
                    words=transcribe(f"{snr_db:g} dB, {way}", samples),
                )
            )
    return EnhanceResult(
        limit_db=limit_db, heard=tuple(heard), real_time=worked_s / audio_s if audio_s else 0.0
    )


def stoi(speech: Float32Array, heard: Float32Array) -> float:
    """Short-time objective intelligibility, in [0, 1]; both float32 (n,)."""
    return float(require_extra("pystoi").stoi(speech, heard, SESSION_RATE_HZ))


def draw_enhance(result: EnhanceResult, path: Any) -> None:
    """Draw SI-SDR and word errors over the ratio of speech to noise.

    Raises:
        KnownError: The file cannot be written, or matplotlib is missing.
    """
    plot = Plot("SI-SDR", "Word errors")
    for way in (ORIGINAL, CLEANED):
        ours = [heard for heard in result.heard if heard.way == way]
        at = [heard.snr_db for heard in ours]
        plot.line(0, at, [heard.si_sdr_db for heard in ours], ("dB of speech", "dB"), name=way)
        told = [(h.snr_db, h.words.wer) for h in ours if h.words is not None]
        plot.line(1, [x for x, _ in told], [y for _, y in told], ("dB of speech", "%"), name=way)
    plot.save(path)


def _short(values: Sequence[float], least: float) -> float | None:
    return max(0.0, least - min(values)) if values else None
