"""Where the echo of one stream lies in another, and a linear filter that predicts it.

Both work on numpy arrays in fixed blocks, without a clock and without threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.messages import Float32Array

Spectrum = npt.NDArray[np.complexfloating]

BLOCK = 512
"""Samples of one step of the filter: 32 ms."""
CAUTION = 0.25
"""How far a block without near-end sound lowers the doubt. By the textbook it is 0.5, the share of
a double block that is new; then one block that the far stream only just touches ends all doubt."""
RENEWED_DOUBT = 0.3
"""Of a filter that learns from the same past again, against a new one."""
SPEECH_BINS = slice(20, 256)
"""About 300-4000 Hz of a spectrum over two blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayPeak:
    """The strongest common arrival of two streams.

    Attributes:
        delay: Samples by which the echo follows the far stream; negative when it comes first.
        sharpness: Height of the peak in standard deviations of what surrounds it.
    """

    delay: int
    sharpness: float


class DelayFinder:
    """Generalised cross-correlation with phase transform over the recent past.

    Source: Knapp and Carter, "The generalized correlation method for estimation of time delay",
    IEEE Trans. ASSP, 1976. The spectra of overlapping frames are whitened, then averaged.
    """

    FRAME = 16_384
    HOP = 4_096
    MEMORY = 0.88
    """Weight of the past at each hop of 256 ms: about 2 s are remembered."""
    FLOOR = 1e-3
    """Root mean square (-60 dBFS) below which a frame of the far stream says nothing."""

    def __init__(self, *, earliest: int, latest: int) -> None:
        self._earliest = earliest
        self._latest = latest
        self._window = np.hanning(self.FRAME).astype(np.float32)
        self._cross: Spectrum = np.zeros(self.FRAME + 1, dtype=np.complex64)

    def push(self, far: Float32Array, near: Float32Array) -> DelayPeak | None:
        """Take the newest frame of both streams, of the same time; one call per `HOP` samples.

        Returns:
            The peak, or None when the far stream is silent.
        """
        if np.sqrt(np.mean(far * far)) < self.FLOOR:
            return None
        size = 2 * self.FRAME
        cross = (
            np.fft.rfft(near * self._window, size) * np.fft.rfft(far * self._window, size).conj()
        )
        cross /= np.abs(cross) + np.float32(1e-9)
        self._cross = self.MEMORY * self._cross + (1 - self.MEMORY) * cross
        correlation = np.fft.irfft(self._cross, size)
        around = np.concatenate([correlation[self._earliest :], correlation[: self._latest]])
        best = int(np.abs(around).argmax())
        spread = float(np.sqrt(np.mean(around * around))) + 1e-12
        return DelayPeak(
            delay=best + self._earliest, sharpness=float(np.abs(around[best])) / spread
        )

    def forget(self) -> None:
        """Begin anew."""
        self._cross[:] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the filter makes of one block.

    Attributes:
        clean: The near stream without the predicted echo, float32 (BLOCK,).
        echo: The predicted echo, float32 (BLOCK,).
        near_power, clean_power, echo_power: Sums over `SPEECH_BINS`, of the same scale.
    """

    clean: Float32Array
    echo: Float32Array
    near_power: float
    clean_power: float
    echo_power: float


class EchoFilter:
    """A partitioned-block frequency-domain Kalman filter: predicts the echo of a far stream.

    The step of every frequency and partition follows from how uncertain its coefficient is and
    how much near-end sound there is, so double talk slows it down instead of spoiling it.

    Source: Enzner and Vary, "Frequency-domain adaptive Kalman filter for acoustic echo control in
    hands-free telephones", Signal Processing 86, 2006; partitions as in Kuech, Mabande and Enzner,
    "State-space architecture of the partitioned-block-based acoustic echo controller",
    ICASSP 2014.

    Args:
        expected_power: Of the echo, against the far stream; the better it fits, the sooner the
            filter has learned. Too little is worse than too much.
    """

    PARTITIONS = 8
    """256 ms of room."""
    TRANSITION = 0.9995
    """How alike the room stays from one block to the next."""
    NOISE_MEMORY = 0.6
    """Weight of the past in the near-end spectrum: about 0.1 s."""
    DOUBT_DECAY = 0.5
    """How much less is expected of each further partition."""

    def __init__(self, *, expected_power: float = 0.05) -> None:
        bins = BLOCK + 1
        self._far = np.zeros(2 * BLOCK, dtype=np.float32)
        self._spectra: Spectrum = np.zeros((self.PARTITIONS, bins), dtype=np.complex64)
        self._coefficients: Spectrum = np.zeros((self.PARTITIONS, bins), dtype=np.complex64)
        prior = expected_power * self.DOUBT_DECAY ** np.arange(self.PARTITIONS, dtype=np.float32)
        self._prior = np.repeat(prior[:, None], bins, axis=1).astype(np.float32)
        self._doubt = self._prior.copy()
        self._noise: Float32Array = np.zeros(bins, dtype=np.float32)
        self._padded = np.zeros(2 * BLOCK, dtype=np.float32)

    def predict(self, far: Float32Array, near: Float32Array) -> Prediction:
        """Take one block of both streams, predict the echo, then learn from the error."""
        self._far[:BLOCK] = self._far[BLOCK:]
        self._far[BLOCK:] = far
        self._spectra[1:] = self._spectra[:-1]
        self._spectra[0] = np.fft.rfft(self._far)
        spectrum = (self._coefficients * self._spectra).sum(axis=0)
        echo: Float32Array = np.fft.irfft(spectrum)[BLOCK:].astype(np.float32)
        clean = near - echo
        error = self._spectrum(clean)
        self._learn(error)
        return Prediction(
            clean=clean,
            echo=echo,
            near_power=_power(self._spectrum(near)),
            clean_power=_power(error),
            echo_power=_power(self._spectrum(echo)),
        )

    def rewind(self) -> None:
        """Go on at another place of the streams with what was learned."""
        self._far[:] = 0.0
        self._spectra[:] = 0.0
        self._noise[:] = 0.0

    def doubt(self) -> None:
        """Learn nearly as fast again as at the beginning."""
        self._doubt = np.maximum(self._doubt, RENEWED_DOUBT * self._prior)

    def _spectrum(self, block: Float32Array) -> Spectrum:
        self._padded[BLOCK:] = block
        spectrum: Spectrum = np.fft.rfft(self._padded)
        return spectrum

    def _learn(self, error: Spectrum) -> None:
        far_power = self._spectra.real**2 + self._spectra.imag**2
        error_power = error.real**2 + error.imag**2
        self._noise *= np.float32(self.NOISE_MEMORY)
        self._noise += np.float32(1 - self.NOISE_MEMORY) * error_power
        uncertain = self._doubt * far_power
        innovation = 0.5 * uncertain.sum(axis=0) + self._noise
        step = self._doubt / (innovation + np.float32(1e-8))
        change = np.fft.irfft(step * self._spectra.conj() * error, axis=1)
        change[:, BLOCK:] = 0.0  # the gradient constraint: a partition is BLOCK taps long
        self._coefficients += np.fft.rfft(change, axis=1)
        weight = np.float32(self.TRANSITION**2)
        size = self._coefficients.real**2 + self._coefficients.imag**2
        self._doubt = weight * (1 - CAUTION * step * far_power) * self._doubt + (1 - weight) * size


def _power(spectrum: Spectrum) -> float:
    part = spectrum[SPEECH_BINS]
    return float(np.vdot(part, part).real)
