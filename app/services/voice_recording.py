"""Record a voice from the microphone, with a live count of how much was said."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType

import numpy as np

from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.messages import Float32Array, Notice
from app.domain.ports import CaptureBackend
from app.domain.units import SESSION_RATE_HZ
from app.domain.voice_quality import estimate_speech_s

_READ_SAMPLES = SESSION_RATE_HZ
MAX_S = 180
"""Recording goes on, but no more than this is counted."""


class VoiceRecording:
    """A running recording of one voice; a context manager that deletes what was not kept.

    Methods are for one thread at a time.
    """

    def __init__(self, backend: CaptureBackend, device: str) -> None:
        """Open the microphone.

        Raises:
            KnownError: The device is unknown or cannot be opened.
        """
        self._temporary = tempfile.TemporaryDirectory(prefix="crosstalk-voice-")
        try:
            self._capture = backend.start(
                {StreamId.MIC: device}, Path(self._temporary.name), self._ignore_notice
            )
        except BaseException:
            self._temporary.cleanup()
            raise
        self._source = self._capture.sources()[StreamId.MIC]
        self._heard: list[Float32Array] = []
        self._position = 0
        self._clip: Path | None = None

    def __enter__(self) -> VoiceRecording:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def level_dbfs(self) -> float:
        """How loud it is now; -120 for silence."""
        return self._capture.levels_dbfs().get(StreamId.MIC, -120.0)

    def duration_s(self) -> float:
        """Seconds recorded."""
        return self._capture.duration_s()

    def speech_s(self, timeout_s: float = 0.0) -> float:
        """Roughly how much was said so far; waits up to `timeout_s` for more sound."""
        while self._position < MAX_S * SESSION_RATE_HZ:
            block = self._source.read(self._position, _READ_SAMPLES, timeout_s)
            if block is None or not len(block):
                break
            self._heard.append(block)
            self._position += len(block)
            timeout_s = 0.0
        return estimate_speech_s(np.concatenate(self._heard)) if self._heard else 0.0

    def stop(self) -> Path:
        """Close the microphone; returns the recording, which `close` deletes.

        Raises:
            KnownError: Nothing was recorded.
        """
        if self._clip is None:
            (info,) = self._capture.stop()
            if not info.spool_path.exists() or not info.spool_path.stat().st_size:
                raise KnownError(
                    "The microphone gave no sound. Check that it is connected and not muted, "
                    "then record again.",
                    category=Category.DEVICE,
                )
            self._clip = info.spool_path
        return self._clip

    def close(self) -> None:
        """Stop and delete the recording; idempotent."""
        self._capture.stop()
        self._temporary.cleanup()

    def _ignore_notice(self, notice: Notice) -> None:
        """Levels and the amount of speech say what the user needs to know."""
