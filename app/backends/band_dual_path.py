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
# Of what the refiner adds to logits: they range over +-7.
SHARPNESS = 3.0


def checkpoint_of(network: BaseModel) -> dict[str, Any]:
    """The checkpoint of any network of asteroid, as its `serialize` writes it.

    asteroid's own method imports pytorch_lightning for its version number, and the release
    that asteroid asks for does not import beside the torchmetrics of pyannote.audio.
    """
    versions = {
        "torch_version": str(torch.__version__),
        "asteroid_version": asteroid.__version__,
    }
    return {
        "model_name": type(network).__name__,
        "state_dict": network.get_state_dict(),
        "model_args": network.get_model_args(),
        "infos": {"software_versions": versions},
    }


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


def compressed(spectrum: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Real and imaginary part and magnitude of a complex tensor, magnitudes compressed."""
    magnitude = spectrum.abs().clamp_min(1e-5)
    gain = magnitude ** (COMPRESSION - 1)
    return spectrum.real * gain, spectrum.imag * gain, magnitude**COMPRESSION


class BandDualPath(BaseModel):
    """Separates a mixture into `n_src` waveforms of the same level as they have in it.

    Attributes:
        FEATURES: Values per bin that the network hears.
        VALUES: Values per bin and source that it says.
    """

    FEATURES = 3
    VALUES = 2

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

        fan_in = self.FEATURES * self.width
        fan_out = self.VALUES * n_src * self.width
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
        bias = torch.zeros(self.n_bands, n_src, self.VALUES, self.width)
        bias[:, :, 0] = 1 / n_src
        self.leave_bias = nn.Parameter(bias.reshape(self.n_bands, fan_out))

    def forward(self, wav: Tensor) -> Tensor:
        """Separate (time,), (batch, time) or (batch, 1, time) into (batch, n_src, time)."""
        flat = wav.reshape(-1, wav.shape[-1])
        level = flat.pow(2).mean(dim=-1, keepdim=True).sqrt() + 1e-5
        spectrum = self.spectrum(flat / level)
        masks = self.masks(self.features(spectrum))
        waves = self.waves(masks * spectrum.unsqueeze(1), flat.shape[-1])
        separated = waves * level.unsqueeze(-1)
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

    def waves(self, spectra: Tensor, length: int) -> Tensor:
        """The waveforms (batch, n_src, length) of spectra (batch, n_src, frames, bins)."""
        waves: Tensor = torch.istft(
            spectra.flatten(0, 1).transpose(1, 2),
            self.window,
            self.stride,
            window=self.frame,
            length=length,
        )
        return waves.reshape(len(spectra), self.n_src, -1)

    def features(self, spectrum: Tensor) -> Tensor:
        """What the network makes of a spectrum (batch, frames, bins), per band."""
        return self.walk(torch.stack(compressed(spectrum), dim=-2))

    def walk(self, heard: Tensor) -> Tensor:
        """Both paths: (batch, frames, FEATURES, bins) to (batch, frames, bands, channels)."""
        batch, frames = heard.shape[:2]
        padded = nn.functional.pad(heard, (0, 1))
        banded = padded[..., self.index].reshape(batch, frames, -1, self.n_bands, self.width)
        entering = banded.transpose(2, 3).reshape(batch, frames, self.n_bands, -1)
        x = torch.einsum("btki,kic->btkc", entering, self.enter) + self.enter_bias
        normed: Tensor = self.norm(self.blocks(x))
        return normed

    def masks(self, features: Tensor) -> Tensor:
        """Complex masks (batch, n_src, frames, bins) from `features`."""
        picked = self.said(features)
        return torch.complex(picked[:, :, 0], picked[:, :, 1])

    def said(self, features: Tensor) -> Tensor:
        """Values (batch, n_src, VALUES, frames, bins) from `features`."""
        batch, frames = features.shape[:2]
        x = torch.einsum("btki,kic->btkc", features, self.widen) + self.widen_bias
        x = torch.einsum("btki,kic->btkc", torch.tanh(x), self.leave) + self.leave_bias
        shaped = x.reshape(batch, frames, self.n_bands, self.n_src, self.VALUES, self.width)
        spread = shaped.permute(0, 3, 4, 1, 2, 5)
        picked: Tensor = spread.reshape(batch, self.n_src, self.VALUES, frames, -1)[..., self.place]
        return picked

    def serialize(self) -> dict[str, Any]:
        """The checkpoint; see `checkpoint_of`."""
        return checkpoint_of(self)

    def get_model_args(self) -> dict[str, Any]:
        """What `from_pretrained` builds the network from."""
        return self.args


class BandRefiner(BandDualPath):
    """Makes two estimated voices of a mixture better, from mixture and estimates.

    It says per bin how much more of the mixture belongs to each voice than was estimated, as what
    is added to the logit of the estimate's share. Before training nothing is added, so that the
    shares pass unchanged. Whose voice is whose is known beforehand: there is no permutation to
    learn.
    """

    FEATURES = 6
    VALUES = 1

    def __init__(self, **options: Any) -> None:
        """Build the network; options as of `BandDualPath`, for two sources."""
        super().__init__(**options)
        if self.n_src != 2:
            raise ValueError("two voices are refined, no other number")
        nn.init.zeros_(self.leave)
        nn.init.zeros_(self.leave_bias)

    def forward(self, wav: Tensor) -> Tensor:
        """Refine (3, time) or (batch, 3, time), the mixture first, to as many rows less one."""
        heard = wav.unsqueeze(0) if wav.ndim == 2 else wav
        level = heard[:, :1].pow(2).mean(dim=-1, keepdim=True).sqrt() + 1e-5
        batch, rows, length = heard.shape
        spectra = self.spectrum((heard / level).flatten(0, 1)).unflatten(0, (batch, rows))
        mixture, estimates = spectra[:, 0], spectra[:, 1:]
        strengths = estimates.abs().clamp_min(1e-5)
        share = strengths / (strengths.sum(dim=1, keepdim=True))
        logits = torch.logit(share.clamp(1e-3, 1 - 1e-3))
        hints = [*(strengths**COMPRESSION).unbind(1), logits[:, 0] / 3]
        features = self.walk(torch.stack([*compressed(mixture), *hints], dim=-2))
        masks = torch.sigmoid(logits + SHARPNESS * self.said(features)[:, :, 0])
        refined = self.waves(masks * mixture.unsqueeze(1), length) * level
        return refined[0] if wav.ndim == 2 else refined


def register() -> None:
    """Tell asteroid the networks' names; harmless to call again."""
    for network in (BandDualPath, BandRefiner):
        if not hasattr(asteroid_models, network.__name__):
            asteroid_models.register_model(network)
