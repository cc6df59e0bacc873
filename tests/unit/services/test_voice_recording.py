from __future__ import annotations

import numpy as np
import pytest

from app.domain.errors import KnownError
from app.services.voice_recording import VoiceRecording
from tests.fakes.audio import FakeCaptureBackend, tone

pytestmark = pytest.mark.unit


def test_speech_is_counted_while_it_comes_in():
    pause = np.full(16_000, 1e-4, dtype=np.float32)
    backend = FakeCaptureBackend(np.concatenate([pause, tone(1.0)]))

    with VoiceRecording(backend, "default") as recording:
        first_s = recording.speech_s()
        (capture,) = backend.captures
        next(iter(capture.spools.values())).append(tone(2.0))
        second_s = recording.speech_s()

        assert first_s == pytest.approx(1.0, abs=0.3)
        assert second_s == pytest.approx(3.0, abs=0.3)
        assert recording.duration_s() == pytest.approx(4.0)
        assert recording.level_dbfs() == pytest.approx(-23.0, abs=0.5)


def test_the_recording_is_deleted_at_the_end():
    backend = FakeCaptureBackend()

    with VoiceRecording(backend, "default") as recording:
        clip = recording.stop()
        assert recording.stop() == clip
        assert clip.stat().st_size == 16_000

    assert not clip.exists()
    assert backend.captures[0].stop_count >= 1


def test_a_silent_device_is_told():
    backend = FakeCaptureBackend(np.zeros(0, dtype=np.float32))

    with (
        VoiceRecording(backend, "default") as recording,
        pytest.raises(KnownError, match="gave no sound"),
    ):
        recording.stop()


def test_an_unknown_device_leaves_nothing_open():
    with pytest.raises(KnownError, match="no device"):
        VoiceRecording(FakeCaptureBackend(), "mic:none")
