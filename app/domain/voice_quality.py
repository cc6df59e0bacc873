"""How good a recording of a voice is: noise, clipping, amount of speech, one voice or several."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.messages import Float32Array
from app.domain.sentences import say
from app.domain.units import SESSION_RATE_HZ

FRAME_SAMPLES = SESSION_RATE_HZ * 32 // 1000
"""32 ms: longer than a pitch period, shorter than a pause between words."""
FULL_SCALE_SHARE = 0.99
"""Samples this near to full scale count as clipped."""
SPEECH_OVER_FLOOR_DB = 12.0
"""Frames this far above the noise floor count as speech in the live estimate."""
QUIETEST_SPEECH_DBFS = -50.0
FLOOR_PERCENTILE = 5.0
MAX_SNR_DB = 60.0

MIN_SPEECH_S = 5.0
"""Less net speech makes no usable voiceprint."""
GOOD_SPEECH_S = 15.0
"""From here on more speech hardly helps; 15 to 30 s is recommended."""
GOOD_SNR_DB = 15.0
MAX_CLIPPED_SHARE = 0.005
MIN_LIKENESS = 0.45
"""Lowest cosine between stretches of 3 s of one recording: 99.9 % of the stretches of one voice
are above, 99 % of those of two below, but for telephones (docs/measurements.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceQuality:
    """What was measured on one recording.

    Attributes:
        speech_s: Net speech.
        snr_db: Speech over the noise floor; None when not measured.
        clipped_share: Samples at full scale, in [0, 1].
        likeness: Lowest cosine between stretches of the recording; None when it is too short.
    """

    speech_s: float
    snr_db: float | None = None
    clipped_share: float = 0.0
    likeness: float | None = None


def refusal(quality: VoiceQuality) -> str | None:
    """Why a recording makes no voiceprint, as one plain sentence; None when it does."""
    if quality.speech_s < MIN_SPEECH_S:
        return say(
            "holds {seconds} s of speech, and a voice needs {least} s; {good} to 30 s is best",
            seconds=f"{quality.speech_s:.1f}",
            least=f"{MIN_SPEECH_S:g}",
            good=f"{GOOD_SPEECH_S:g}",
        )
    if quality.likeness is not None and quality.likeness < MIN_LIKENESS:
        return say(
            "sounds like more than one voice; use a recording in which only one person talks, "
            "or cut the others out"
        )
    return None


def warnings(quality: VoiceQuality, *, person_speech_s: float) -> tuple[str, ...]:
    """What makes a usable recording less than good, as plain sentences.

    Args:
        person_speech_s: Speech in all recordings of the person, this one included.
    """
    found = []
    if person_speech_s < GOOD_SPEECH_S:
        found.append(
            say(
                "There is {seconds} s of speech: {good} to 30 s makes the "
                "voice easier to recognise. Add another recording when you can.",
                seconds=int(person_speech_s),
                good=f"{GOOD_SPEECH_S:g}",
            )
        )
    if quality.snr_db is not None and quality.snr_db < GOOD_SNR_DB:
        found.append(
            say(
                "The recording is noisy ({level} dB above the background). "
                "Record again in a quieter place, or closer to the microphone.",
                level=f"{quality.snr_db:.0f}",
            )
        )
    if quality.clipped_share > MAX_CLIPPED_SHARE:
        found.append(
            say(
                "The recording is too loud: {share} % of it is clipped. Turn the microphone down.",
                share=f"{100 * quality.clipped_share:.1f}",
            )
        )
    return tuple(found)


def estimate_snr_db(samples: Float32Array) -> float | None:
    """The level of speech over the noise floor, in dB, up to `MAX_SNR_DB`.

    The floor is the power of the quietest frames, which lie in the pauses between words; speech
    is the mean power of the louder half. None for less than half a second.
    """
    powers = _frame_powers(samples)
    if len(powers) < 16:
        return None
    floor = float(np.percentile(powers, FLOOR_PERCENTILE))
    speech = float(np.mean(powers[powers >= np.median(powers)]))
    if speech <= 0:
        return 0.0
    ratio = speech / max(floor, speech * 10 ** (-MAX_SNR_DB / 10))
    return float(10 * np.log10(ratio))


def clipped_share(samples: Float32Array) -> float:
    """The share of samples at full scale, in [0, 1]."""
    if not len(samples):
        return 0.0
    return float(np.mean(np.abs(samples) >= FULL_SCALE_SHARE))


def estimate_speech_s(samples: Float32Array) -> float:
    """Roughly how much speech a recording holds, from levels alone: for a live display."""
    powers = _frame_powers(samples)
    if not len(powers):
        return 0.0
    levels = 10 * np.log10(np.maximum(powers, 1e-12))
    floor = float(np.percentile(levels, FLOOR_PERCENTILE))
    threshold = max(floor + SPEECH_OVER_FLOOR_DB, QUIETEST_SPEECH_DBFS)
    loud = levels >= threshold
    # A syllable's quiet end belongs to speech: 4 frames are about 130 ms on either side.
    near = np.convolve(loud, np.ones(9), mode="same") > 0
    return float(np.count_nonzero(near)) * FRAME_SAMPLES / SESSION_RATE_HZ


def _frame_powers(samples: Float32Array) -> npt.NDArray[np.float64]:
    count = len(samples) // FRAME_SAMPLES
    frames = samples[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES).astype(np.float64)
    return np.asarray(np.mean(frames**2, axis=1))
