"""Makes media files of every kind from arrays, with PyAV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile

CODECS = {
    "wav": "pcm_s16le",
    "flac": "flac",
    "mp3": "libmp3lame",
    "m4a": "aac",
    "opus": "libopus",
    "mp4": "aac",
    "mkv": "libopus",
    "webm": "libopus",
}
KINDS = (*CODECS, "ogg")
VIDEO_CODECS = {"mp4": "mpeg4", "mkv": "mpeg4", "webm": "libvpx"}


def tone(seconds: float, rate_hz: int, *, channels: int = 1, level: float = 0.3) -> np.ndarray:
    """A 440 Hz tone, float32 (channels, n)."""
    wave = level * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate_hz)) / rate_hz)
    return np.repeat(wave[None, :].astype(np.float32), channels, axis=0)


def write_media(
    path: Path,
    samples: np.ndarray | None,
    rate_hz: int,
    *,
    has_video: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Encode float32 (channels, n) as the suffix says; None writes no audio track."""
    kind = path.suffix.lstrip(".")
    if kind == "ogg":
        # FFmpeg's own Vorbis encoder is experimental; libsndfile brings the real one.
        soundfile.write(path, samples.T, rate_hz, format="OGG", subtype="VORBIS")
        return path
    with av.open(str(path), "w", options=options or {}) as container:
        video = container.add_stream(VIDEO_CODECS[kind], rate=10) if has_video else None
        if video is not None:
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        if samples is not None:
            layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(samples)]
            audio = container.add_stream(CODECS[kind], rate=rate_hz, layout=layout)
            _encode(container, audio, samples, rate_hz, layout)
        if video is not None:
            for index in range(10):
                image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
                image.pts, image.time_base = index, Fraction(1, 10)
                container.mux(video.encode(image))
            container.mux(video.encode(None))
    return path


def _encode(container, stream, samples: np.ndarray, rate_hz: int, layout: str) -> None:
    whole = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples, np.float32), "fltp", layout=layout
    )
    whole.sample_rate, whole.pts, whole.time_base = rate_hz, 0, Fraction(1, rate_hz)
    context = stream.codec_context
    converter = av.AudioResampler(
        context.format, layout, context.sample_rate, context.frame_size or 1024
    )
    for frame in [*converter.resample(whole), *converter.resample(None)]:
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
