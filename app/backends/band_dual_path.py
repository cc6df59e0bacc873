"""The separation network that Crosstalk trains itself: two paths, over time and across bands.

An asteroid model: it saves as asteroid's `serialize` does and loads with its `from_pretrained`,
after `register` told asteroid its name. One path walks along the frames of each frequency band
with one set of weights for all bands, the other lets the bands of a frame see each other. So a
small network learns from little speech, and on a processor. Masks are complex.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.backends import torchaudio_stub

torchaudio_stub.install()

import asteroid  # noqa: E402
import torch  # noqa: E402
from asteroid import models as asteroid_models  # noqa: E402
from asteroid.models.base_models import BaseModel  # noqa: E402
from torch import Tensor, nn  # noqa: E402

# Bins per band of a 512-point transform at 16 kHz (31.25 Hz each): finer where harmonics lie.
BANDS = (4,) * 10 + (8,) * 8 + (16,) * 5 + (24, 24, 25)
# Compression of magnitudes before the network: loud and soft parts both matter.
COMPRESSION = 0.3
FEATURES = 3


class AlongTime(nn.Module):
    """A residual recurrent layer along the frames of each band, shared by all bands."""

    def __init__(self, channels: int, hidden: int) -> None:
        """Build the layer; it reads both directions."""
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.rnn = nn.LSTM(channels, hidden, batch_first=True, bidirectional=True)
        self.linear = nn.Linear(2 * hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Walk along the frames of a tensor (batch, frames, bands, channels)."""
        batch, frames, bands, channels = x.shape
        flat = self.norm(x).transpose(1, 2).reshape(batch * bands, frames, channels)
        walked: Tensor = self.linear(self.rnn(flat)[0])
        return x + walked.reshape(batch, bands, frames, channels).transpose(1, 2)


class AcrossBands(nn.Module):
    """Lets the bands of a frame see each other: a few channels are mixed over all bands.

    Source: the full-band linear module of SpatialNet (Quan and Li, 2023), one microphone.
    """

    def __init__(self, channels: int, bands: int, squeezed: int) -> None:
        """Build the layer."""
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.squeeze = nn.Linear(channels, squeezed)
        self.mix = nn.Parameter(torch.randn(squeezed, bands, bands) * bands**-0.5)
        self.mix_bias = nn.Parameter(torch.zeros(bands, squeezed))
        self.unsqueeze = nn.Linear(squeezed, channels)
        self.point_norm = nn.LayerNorm(channels)
        self.widen = nn.Linear(channels, 2 * channels)
        self.narrow = nn.Linear(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Mix the bands of a tensor (batch, frames, bands, channels)."""
        squeezed = nn.functional.silu(self.squeeze(self.norm(x)))
        mixed = torch.einsum("btkc,ckj->btjc", squeezed, self.mix) + self.mix_bias
        x = x + self.unsqueeze(nn.functional.silu(mixed))
        widened = nn.functional.silu(self.widen(self.point_norm(x)))
        narrowed: Tensor = self.narrow(widened)
        return x + narrowed


class BandDualPath(BaseModel):
    """Separates a mixture into `n_src` waveforms of the same level as they have in it."""

    def __init__(
        self,
        n_src: int = 2,
        channels: int = 48,
        hidden: int = 64,
        squeezed: int = 12,
        n_blocks: int = 4,
        window: int = 512,
        stride: int = 256,
        bands: Sequence[int] = BANDS,
        sample_rate: float = 16_000,
    ) -> None:
        """Build the network.

        Args:
            n_src: How many waveforms come out.
            channels: Features per band and frame.
            hidden: Size of each recurrent direction.
            squeezed: Features of a band that all bands see.
            n_blocks: How often both paths are walked.
            window: Samples of a frame.
            stride: Samples from frame to frame.
            bands: Bins per band; their sum is window / 2 + 1.
            sample_rate: What it was trained with, hertz.
        """
        super().__init__(sample_rate=sample_rate)
        if sum(bands) != window // 2 + 1:
            raise ValueError("the bands do not add up to the bins of the window")
        self.args: dict[str, Any] = {
            "n_src": n_src,
            "channels": channels,
            "hidden": hidden,
            "squeezed": squeezed,
            "n_blocks": n_blocks,
            "window": window,
            "stride": stride,
            "bands": list(bands),
            "sample_rate": sample_rate,
        }
        self.n_src, self.window, self.stride = n_src, window, stride
        self.bins, self.n_bands, self.width = sum(bands), len(bands), max(bands)
        index = torch.full((len(bands), max(bands)), self.bins)
        place = torch.zeros(self.bins, dtype=torch.long)
        start = 0
        for band, size in enumerate(bands):
            index[band, :size] = torch.arange(start, start + size)
            place[start : start + size] = band * self.width + torch.arange(size)
            start += size
        self.register_buffer("index", index.reshape(-1), persistent=False)
        self.register_buffer("place", place, persistent=False)
        self.register_buffer("frame", torch.hann_window(window).sqrt(), persistent=False)

        fan_in = FEATURES * self.width
        fan_out = 2 * n_src * self.width
        self.enter = nn.Parameter(torch.randn(self.n_bands, fan_in, channels) * fan_in**-0.5)
        self.enter_bias = nn.Parameter(torch.zeros(self.n_bands, channels))
        self.blocks = nn.Sequential(
            *(
                layer
                for _ in range(n_blocks)
                for layer in (
                    AcrossBands(channels, self.n_bands, squeezed),
                    AlongTime(channels, hidden),
                )
            )
        )
        self.norm = nn.LayerNorm(channels)
        wide = 2 * channels
        self.widen = nn.Parameter(torch.randn(self.n_bands, channels, wide) * channels**-0.5)
        self.widen_bias = nn.Parameter(torch.zeros(self.n_bands, wide))
        self.leave = nn.Parameter(torch.randn(self.n_bands, wide, fan_out) * wide**-0.5)
        bias = torch.zeros(self.n_bands, n_src, 2, self.width)
        bias[:, :, 0] = 1 / n_src
        self.leave_bias = nn.Parameter(bias.reshape(self.n_bands, fan_out))

    def forward(self, wav: Tensor) -> Tensor:
        """Separate (time,), (batch, time) or (batch, 1, time) into (batch, n_src, time)."""
        flat = wav.reshape(-1, wav.shape[-1])
        level = flat.pow(2).mean(dim=-1, keepdim=True).sqrt() + 1e-5
        spectrum = self.spectrum(flat / level)
        masks = self.masks(self.features(spectrum))
        waves = torch.istft(
            (masks * spectrum.unsqueeze(1)).flatten(0, 1).transpose(1, 2),
            self.window,
            self.stride,
            window=self.frame,
            length=flat.shape[-1],
        )
        separated = waves.reshape(len(flat), self.n_src, -1) * level.unsqueeze(-1)
        return separated[0] if wav.ndim == 1 else separated

    def spectrum(self, waves: Tensor) -> Tensor:
        """The transform (batch, frames, bins) of (batch, time)."""
        transformed: Tensor = torch.stft(
            waves,
            self.window,
            self.stride,
            window=self.frame,
            return_complex=True,
            pad_mode="constant",
        )
        return transformed.transpose(1, 2)

    def features(self, spectrum: Tensor) -> Tensor:
        """What the network makes of a spectrum (batch, frames, bins), per band."""
        batch, frames, _ = spectrum.shape
        magnitude = spectrum.abs().clamp_min(1e-5)
        gain = magnitude ** (COMPRESSION - 1)
        compressed = torch.stack(
            [spectrum.real * gain, spectrum.imag * gain, magnitude**COMPRESSION], dim=-2
        )
        padded = nn.functional.pad(compressed, (0, 1))
        banded = padded[..., self.index].reshape(batch, frames, FEATURES, self.n_bands, self.width)
        entering = banded.transpose(2, 3).reshape(batch, frames, self.n_bands, -1)
        x = torch.einsum("btki,kic->btkc", entering, self.enter) + self.enter_bias
        normed: Tensor = self.norm(self.blocks(x))
        return normed

    def masks(self, features: Tensor) -> Tensor:
        """Complex masks (batch, n_src, frames, bins) from `features`."""
        batch, frames = features.shape[:2]
        x = torch.einsum("btki,kic->btkc", features, self.widen) + self.widen_bias
        x = torch.einsum("btki,kic->btkc", torch.tanh(x), self.leave) + self.leave_bias
        shaped = x.reshape(batch, frames, self.n_bands, self.n_src, 2, self.width)
        spread = shaped.permute(0, 3, 4, 1, 2, 5).reshape(batch, self.n_src, 2, frames, -1)
        picked = spread[..., self.place]
        return torch.complex(picked[:, :, 0], picked[:, :, 1])

    def serialize(self) -> dict[str, Any]:
        """The checkpoint as asteroid writes it.

        asteroid's own method imports pytorch_lightning for its version number, and the release
        that asteroid asks for does not import beside the torchmetrics of pyannote.audio.
        """
        versions = {
            "torch_version": str(torch.__version__),
            "asteroid_version": asteroid.__version__,
        }
        return {
            "model_name": type(self).__name__,
            "state_dict": self.get_state_dict(),
            "model_args": self.get_model_args(),
            "infos": {"software_versions": versions},
        }

    def get_model_args(self) -> dict[str, Any]:
        """What `from_pretrained` builds the network from."""
        return self.args


def register() -> None:
    """Tell asteroid the network's name; harmless to call again."""
    if not hasattr(asteroid_models, BandDualPath.__name__):
        asteroid_models.register_model(BandDualPath)
