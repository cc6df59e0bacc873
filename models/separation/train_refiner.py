r"""Trains the refiner behind the exemplar method; the same command starts and resumes.

    PYTHONPATH=. python models/separation/train_refiner.py \
        --config models/separation/configs/refiner.toml --pool FOLDER --run FOLDER

The pool is what pool.py wrote, with and without --held-out; it may still be growing. What the run
gets is in loop.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from loop import Losses, Run, common_options
from losses import improvement, paired, si_sdr, spectral
from mixing import KINDS, RATE
from pool import read


class Examples:
    """Training examples out of a pool; the same seed, step and pool give the same ones."""

    def __init__(self, shards: list[np.ndarray], seed: int, crop_s: float) -> None:
        """Take shards int16 (mixtures, 5, samples)."""
        self._rows = [row for shard in shards for row in shard]
        self._seed = seed
        self._length = int(crop_s * RATE)
        self.hours = sum(row.shape[-1] for row in self._rows) / RATE / 3600

    def batch(self, step: int, size: int) -> torch.Tensor:
        """Float32 (size, 5, samples): crops at other levels, voices in either order."""
        rng = np.random.default_rng([self._seed, step])
        made = []
        for _ in range(size):
            row = self._rows[rng.integers(len(self._rows))]
            start = int(rng.integers(row.shape[-1] - self._length + 1))
            crop = row[:, start : start + self._length].astype(np.float32) / 32768
            swapped = crop[[0, 2, 1, 4, 3]] if rng.random() < 0.5 else crop
            made.append(swapped * 10 ** (rng.uniform(-20, 6) / 20))
        return torch.from_numpy(np.stack(made).astype(np.float32))


@torch.no_grad()
def score(network: torch.nn.Module, pool: Path, batch: int = 8) -> dict[str, float]:
    """Mean SI-SDR improvement of each kind, of `single` the SI-SDR of the talker who talks.

    The figures of the estimates themselves stand beside them, under "exemplars NAME".
    """
    network.eval()
    device = next(network.parameters()).device
    scores: dict[str, float] = {}
    for kind in KINDS:
        values, before = [], []
        for shard in read(pool, f"{kind}-*.npy"):
            for first in range(0, len(shard), batch):
                part = shard[first : first + batch].astype(np.float32) / 32768
                rows = torch.from_numpy(part).to(device)
                mixture, sources, estimates = rows[:, 0], rows[:, 1:3], rows[:, 3:]
                refined = network(torch.cat([mixture.unsqueeze(1), estimates], dim=1))
                for found, given in ((values, refined), (before, estimates)):
                    if kind == "single":
                        found.append(si_sdr(given[:, 0], sources[:, 0]))
                    else:
                        found.append(improvement(given, sources, mixture))
        if values:
            scores[kind] = round(float(torch.cat(values).mean()), 2)
            scores[f"exemplars {kind}"] = round(float(torch.cat(before).mean()), 2)
    network.train()
    return scores


def main() -> None:
    """Train until `steps` or a kill."""
    parser = common_options(__doc__)
    parser.add_argument("--pool", type=Path, required=True, help="what pool.py wrote")
    options = parser.parse_args()
    run = Run(options)
    train = run.config["train"]

    def drawn() -> Examples:
        return Examples(read(options.pool), train["seed"], train["crop_s"])

    examples = drawn()
    print(f"{examples.hours:.2f} hours of mixtures, step {run.step}, {run.device}", flush=True)

    def lesson(step: int) -> tuple[torch.Tensor, Losses]:
        rows = examples.batch(step, train["batch"]).to(run.device)
        mixture, sources = rows[:, 0], rows[:, 1:3]
        refined = run.network(rows[:, [0, 3, 4]])
        loss = paired(refined, sources, mixture)
        loss = loss + train["spectral"] * spectral(refined, sources, mixture)
        return loss, {"loss": loss}

    def check(average: torch.nn.Module) -> dict[str, Any]:
        nonlocal examples
        found = {"pool_h": round(examples.hours, 2), "scores": score(average, options.pool)}
        examples = drawn()
        return found

    run.learn(lesson, check, example_s=train["crop_s"])


if __name__ == "__main__":
    main()
