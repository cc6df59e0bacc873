import os
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from app.audio.decode import Decoder, check_readable, to_mono
from app.domain.errors import Category, KnownError
from tests.media import KINDS, VIDEO_CODECS, tone, write_media

pytestmark = pytest.mark.unit


def decoded(path: Path) -> tuple[np.ndarray, int]:
    with Decoder(path) as decoder:
        sounds = list(decoder.sounds())
    return np.concatenate([sound.samples for sound in sounds]), sounds[0].rate_hz


def dominant_hz(samples: np.ndarray, rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate_hz / len(samples))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rate_hz", "channels"), [(48_000, 2), (16_000, 1)])
def test_every_kind_of_file_gives_its_sound(tmp_path, kind, rate_hz, channels):
    sound = tone(1.5, rate_hz, channels=channels)
    path = write_media(tmp_path / f"sound.{kind}", sound, rate_hz, has_video=kind in VIDEO_CODECS)

    samples, decoded_rate_hz = decoded(path)

    assert len(samples) / decoded_rate_hz == pytest.approx(1.5, abs=0.06)
    assert dominant_hz(samples, decoded_rate_hz) == pytest.approx(440, abs=2)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.08)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_sample_formats_have_one_scale(tmp_path, subtype):
    values = np.array([[0.5, -0.5], [-1.0, -1.0], [0.25, 0.75]])
    soundfile.write(tmp_path / "s.wav", values, 8_000, subtype=subtype)

    samples, _ = decoded(tmp_path / "s.wav")

    assert samples.tolist() == pytest.approx([0.0, -1.0, 0.5], abs=0.01)


def test_lossless_mono_is_bit_exact(tmp_path):
    values = np.random.default_rng(3).integers(-32_768, 32_767, 5_000, dtype=np.int16)
    soundfile.write(tmp_path / "s.flac", values, 44_100)

    samples, _ = decoded(tmp_path / "s.flac")

    np.testing.assert_array_equal(samples * 32_768, values)


def test_six_channels_are_averaged(tmp_path):
    values = np.zeros((1000, 6))
    values[:, 2] = 0.6
    soundfile.write(tmp_path / "s.wav", values, 48_000, subtype="FLOAT")

    samples, _ = decoded(tmp_path / "s.wav")

    assert samples == pytest.approx(np.full(1000, 0.1))


def test_packed_and_planar_frames_agree():
    values = np.array([[0.5, -0.5, 0.1], [0.1, 0.3, -0.1]], dtype=np.float32)
    planar = av.AudioFrame.from_ndarray(values, "fltp", layout="stereo")
    packed = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(values.T).reshape(1, -1), "flt", layout="stereo"
    )

    assert to_mono(planar).tolist() == to_mono(packed).tolist() == pytest.approx([0.3, -0.1, 0])


def test_hole_in_the_time_stamps_is_reported(tmp_path):
    path = tmp_path / "hole.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for start in (0, 16_000, 48_000):
            frame = av.AudioFrame.from_ndarray(
                np.full((1, 16_000), 999, np.int16), "s16", layout="mono"
            )
            frame.sample_rate, frame.pts = 16_000, start
            container.mux(stream.encode(frame))

    with Decoder(path) as decoder:
        gaps_s = [sound.gap_before_s for sound in decoder.sounds()]

    assert sum(gaps_s) == pytest.approx(1.0, abs=0.01)


def test_cut_wav_is_damaged_and_a_streamed_one_is_not(tmp_path):
    path = write_media(tmp_path / "whole.wav", tone(1, 8_000), 8_000)
    whole = path.read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[:9_000])
    (tmp_path / "streamed.wav").write_bytes(whole[:4] + b"\xff\xff\xff\xff" + whole[8:])

    damaged = {}
    for name in ("whole", "cut", "streamed"):
        with Decoder(tmp_path / f"{name}.wav") as decoder:
            damaged[name] = decoder.is_damaged

    assert damaged == {"whole": False, "cut": True, "streamed": False}


def test_noise_inside_a_file_is_skipped_and_marked(tmp_path):
    path = write_media(tmp_path / "s.flac", tone(4, 48_000, level=0.9), 48_000)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3_000] = np.random.default_rng(1).bytes(3_000)
    path.write_bytes(data)

    with Decoder(path) as decoder:
        duration_s = sum(len(s.samples) / s.rate_hz + s.gap_before_s for s in decoder.sounds())

    assert decoder.is_damaged
    assert duration_s > 3.0


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.wav", b"", "is empty (0 bytes)"),
        ("notes.txt", b"Agenda: nothing to hear here.\n" * 50, "or no audio file"),
        ("random.mp3", bytes(range(7)) * 999, "is not an audio or video file"),
        ("fake.flac", b"fLaC" + b"\0" * 300, "is not an audio or video file"),
    ],
)
def test_unusable_file_is_refused_with_its_reason(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(KnownError) as caught:
        Decoder(tmp_path / name)

    assert words in str(caught.value)
    assert name in str(caught.value)
    assert caught.value.category is Category.INPUT


def test_video_without_sound_is_refused(tmp_path):
    path = write_media(tmp_path / "film.mp4", None, 48_000, has_video=True)

    with pytest.raises(KnownError, match=r"film\.mp4 holds no audio track"):
        Decoder(path)


def test_missing_file_and_folder_are_refused(tmp_path):
    with pytest.raises(KnownError, match="There is no file"):
        check_readable(tmp_path / "gone.wav")
    with pytest.raises(KnownError, match="is a folder"):
        check_readable(tmp_path)


def test_file_without_permission_is_refused(tmp_path):
    path = tmp_path / "private.wav"
    path.write_bytes(b"RIFF")
    path.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        # Root may read everything, so this is tried as nobody.
        os.seteuid(65_534)
    try:
        with pytest.raises(KnownError, match=r"private\.wav may not be read"):
            check_readable(path)
    finally:
        if is_root:
            os.seteuid(0)
