"""The CAM++ speaker embedding network, in torch; imported only to export it to ONNX.

Architecture: Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using
Context-Aware Masking", Interspeech 2023, as published in 3D-Speaker (Alibaba, Apache-2.0,
https://github.com/modelscope/3D-Speaker, speakerlab/models/campplus). Module names follow the
published checkpoint, so that its state loads strictly.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

FEATURE_BINS = 80
EMBEDDING_SIZE = 192
HEAD_CHANNELS = 32
INITIAL_CHANNELS = 128
GROWTH_CHANNELS = 32
BOTTLENECK_CHANNELS = 128
BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of the three dense blocks."""
CONTEXT_FRAMES = 100
"""Length of the segments whose mean gives the local context, in frames of 20 ms."""


def load_network(checkpoint: Path) -> CampPlus:
    """Build the network and load the checkpoint strictly, ready for inference."""
    network = CampPlus()
    network.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True))
    network.eval()
    return network


class CampPlus(nn.Module):
    """Features (batch, frames, 80) to embeddings (batch, 192), not normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.head = _Head()
        channels = HEAD_CHANNELS * (FEATURE_BINS // 8)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["tdnn"] = _Tdnn(channels, INITIAL_CHANNELS)
        channels = INITIAL_CHANNELS
        for number, (layer_count, dilation) in enumerate(BLOCKS, start=1):
            layers[f"block{number}"] = _DenseBlock(channels, layer_count, dilation)
            channels += layer_count * GROWTH_CHANNELS
            layers[f"transit{number}"] = _Transit(channels)
            channels //= 2
        layers["out_nonlinear"] = _normalise(channels)
        layers["stats"] = _Statistics()
        layers["dense"] = _Dense(channels * 2)
        self.xvector = nn.Sequential(layers)

    def forward(self, features: Any) -> Any:
        """Embed a batch of equally long feature matrices."""
        return self.xvector(self.head(features.permute(0, 2, 1)))


def _normalise(channels: int, *, has_relu: bool = True, is_affine: bool = True) -> nn.Sequential:
    layers = OrderedDict[str, nn.Module](batchnorm=nn.BatchNorm1d(channels, affine=is_affine))
    if has_relu:
        layers["relu"] = nn.ReLU()
    return nn.Sequential(layers)


class _ResidualBlock(nn.Module):
    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, (stride, 1), padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride != 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, channels, 1, (stride, 1), bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, x: Any) -> Any:
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class _Head(nn.Module):
    """Two-dimensional convolutions that shrink the 80 bins to 10, time kept."""

    def __init__(self) -> None:
        super().__init__()
        channels = HEAD_CHANNELS
        self.conv1 = nn.Conv2d(1, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.layer1 = nn.Sequential(_ResidualBlock(channels, 2), _ResidualBlock(channels, 1))
        self.layer2 = nn.Sequential(_ResidualBlock(channels, 2), _ResidualBlock(channels, 1))
        self.conv2 = nn.Conv2d(channels, channels, 3, (2, 1), padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, features: Any) -> Any:
        x = functional.relu(self.bn1(self.conv1(features.unsqueeze(1))))
        x = self.layer2(self.layer1(x))
        return functional.relu(self.bn2(self.conv2(x))).flatten(1, 2)


class _Tdnn(nn.Module):
    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(channels_in, channels_out, 5, stride=2, padding=2, bias=False)
        self.nonlinear = _normalise(channels_out)

    def forward(self, x: Any) -> Any:
        return self.nonlinear(self.linear(x))


class _ContextMask(nn.Module):
    """Convolution whose output is masked by the whole stretch and by its 2 s neighbourhood."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        half = BOTTLENECK_CHANNELS // 2
        self.linear_local = nn.Conv1d(
            BOTTLENECK_CHANNELS,
            GROWTH_CHANNELS,
            3,
            padding=dilation,
            dilation=dilation,
            bias=False,
        )
        self.linear1 = nn.Conv1d(BOTTLENECK_CHANNELS, half, 1)
        self.linear2 = nn.Conv1d(half, GROWTH_CHANNELS, 1)

    def forward(self, x: Any) -> Any:
        context = x.mean(-1, keepdim=True) + self._segment_means(x)
        mask = torch.sigmoid(self.linear2(functional.relu(self.linear1(context))))
        return self.linear_local(x) * mask

    @staticmethod
    def _segment_means(x: Any) -> Any:
        means = functional.avg_pool1d(x, CONTEXT_FRAMES, CONTEXT_FRAMES, ceil_mode=True)
        spread = means.unsqueeze(-1).expand(*means.shape, CONTEXT_FRAMES)
        return spread.reshape(*means.shape[:-1], -1)[..., : x.shape[-1]]


class _DenseLayer(nn.Module):
    def __init__(self, channels_in: int, dilation: int) -> None:
        super().__init__()
        self.nonlinear1 = _normalise(channels_in)
        self.linear1 = nn.Conv1d(channels_in, BOTTLENECK_CHANNELS, 1, bias=False)
        self.nonlinear2 = _normalise(BOTTLENECK_CHANNELS)
        self.cam_layer = _ContextMask(dilation)

    def forward(self, x: Any) -> Any:
        return self.cam_layer(self.nonlinear2(self.linear1(self.nonlinear1(x))))


class _DenseBlock(nn.Module):
    def __init__(self, channels_in: int, layer_count: int, dilation: int) -> None:
        super().__init__()
        for index in range(layer_count):
            layer = _DenseLayer(channels_in + index * GROWTH_CHANNELS, dilation)
            self.add_module(f"tdnnd{index + 1}", layer)

    def forward(self, x: Any) -> Any:
        for layer in self.children():
            x = torch.cat([x, layer(x)], dim=1)
        return x


class _Transit(nn.Module):
    def __init__(self, channels_in: int) -> None:
        super().__init__()
        self.nonlinear = _normalise(channels_in)
        self.linear = nn.Conv1d(channels_in, channels_in // 2, 1, bias=False)

    def forward(self, x: Any) -> Any:
        return self.linear(self.nonlinear(x))


class _Statistics(nn.Module):
    def forward(self, x: Any) -> Any:
        return torch.cat([x.mean(dim=-1), x.std(dim=-1, unbiased=True)], dim=-1)


class _Dense(nn.Module):
    def __init__(self, channels_in: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(channels_in, EMBEDDING_SIZE, 1, bias=False)
        self.nonlinear = _normalise(EMBEDDING_SIZE, has_relu=False, is_affine=False)

    def forward(self, x: Any) -> Any:
        return self.nonlinear(self.linear(x.unsqueeze(-1))).squeeze(-1)
