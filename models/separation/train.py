r"""Trains a two-talker separation network; the same command starts and resumes.

    PYTHONPATH=. python models/separation/train.py --config models/separation/configs/band48.toml \
        --speech FOLDER --rooms rooms.npz --run FOLDER

What the run gets is in loop.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from loop import Losses, Run, common_options
from losses import clustering, improvement, permutation_invariant, si_sdr
from mixing import Mixer, Recipe, load_speech, read_rooms, watching

from app.backends import band_dual_path

TEST_S = 4.0
"""Of a mixture that is scored."""


class ClusterHead(torch.nn.Module):
    """Embeds every time-frequency bin while training; see `losses.clustering`."""

    def __init__(self, network: band_dual_path.BandDualPath, size: int = 10) -> None:
        """Listen to the features of `network`."""
        super().__init__()
        channels = network.norm.normalized_shape[0]
        shape = (network.n_bands, channels, network.width * size)
        self.weight = torch.nn.Parameter(torch.randn(shape) * channels**-0.5)
        self.size = size
        self._heard: list[torch.Tensor] = []
        network.norm.register_forward_hook(lambda module, given, result: self._hear(result))

    def _hear(self, features: torch.Tensor) -> None:
        self._heard[:] = [features]

    def loss(self, network: band_dual_path.BandDualPath, sources: torch.Tensor) -> torch.Tensor:
        """The clustering loss of the forward pass before, over mixtures of two talkers."""
        both = (sources.pow(2).sum(-1) > 0).all(-1)
        if not both.any():
            return torch.zeros((), device=sources.device)
        features, talked = self._heard[0][both], sources[both]
        batch, frames = features.shape[:2]
        embedded = torch.einsum("btki,kio->btko", features, self.weight)
        bins = embedded.reshape(batch, frames, -1, self.size)[:, :, network.place]
        normed = torch.nn.functional.normalize(bins.flatten(1, 2), dim=-1)
        spectra = network.spectrum(talked.flatten(0, 1)).abs().reshape(batch, 2, -1)
        return clustering(normed, spectra)


def cluster_head(network: torch.nn.Module, train: dict[str, Any]) -> ClusterHead | None:
    """What teaches `network` beside its own loss; None where the config gives it no weight."""
    return ClusterHead(network) if train["cluster"] else None


@torch.no_grad()
def score(network: torch.nn.Module, mixers: dict[str, Mixer], count: int) -> dict[str, float]:
    """Mean SI-SDR improvement of each kind; for `single` the SI-SDR of the louder output."""
    network.eval()
    device = next(network.parameters()).device
    scores: dict[str, float] = {}
    for kind, mixer in mixers.items():
        values = []
        for number in range(0, count, 8):
            made = mixer.batch(number // 8, min(8, count - number))
            mixture, sources = (torch.from_numpy(part).to(device) for part in made)
            estimates = network(mixture)
            if kind == "single":
                loud = estimates.pow(2).sum(-1).argmax(-1)
                kept = estimates[torch.arange(len(loud)), loud]
                values.append(si_sdr(kept, sources[:, 0]))
            else:
                values.append(improvement(estimates, sources, mixture))
        scores[kind] = round(float(torch.cat(values).mean()), 2)
    network.train()
    return scores


def main() -> None:
    """Train until `steps` or a kill."""
    parser = common_options(__doc__)
    parser.add_argument("--speech", type=Path, action="append", required=True)
    parser.add_argument("--rooms", type=Path, required=True, help="what rooms.py wrote")
    options = parser.parse_args()
    run = Run(options, cluster_head)
    config, train = run.config, run.config["train"]

    rooms, other_rooms = read_rooms(options.rooms)
    held_out = config["data"]["held_out"]
    speech = load_speech(options.speech, held_out)
    unseen = load_speech(options.speech, held_out, only_held_out=True)
    full = Recipe(**config["mix"])
    mixer = Mixer(speech, rooms, full, train["seed"])
    easy = replace(full, single=0, silent=0, partial=0, rooms=0, noisy=0, ratio_db=2.5)
    first_mixer = Mixer(speech, None, easy, train["seed"])
    tests = watching(unseen, other_rooms, TEST_S)
    print(f"{len(speech)} talkers, step {run.step}, {run.device}", flush=True)

    def lesson(step: int) -> tuple[torch.Tensor, Losses]:
        made = (first_mixer if step < train["easy_until"] else mixer).batch(step, train["batch"])
        mixture, sources = (torch.from_numpy(part).to(run.device) for part in made)
        loss = permutation_invariant(run.network(mixture), sources, mixture)
        if run.head is None:
            return loss, {"loss": loss}
        clustered = run.head.loss(run.network, sources)
        return loss + train["cluster"] * clustered, {"loss": loss, "clustering": clustered}

    run.learn(
        lesson,
        lambda average: {"scores": score(average, tests, train["test_mixtures"])},
        example_s=config["mix"]["segment_s"],
    )


if __name__ == "__main__":
    main()
