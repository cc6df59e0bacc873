r"""Trains the refiner behind the exemplar method; the same command starts and resumes.

    PYTHONPATH=. python models/separation/train_refiner.py \
        --config models/separation/configs/refiner.toml --pool FOLDER --run FOLDER

The pool is what pool.py wrote, with and without --held-out; it may still be growing. The run gets
what train.py gives one: state.pt, model.pth, log.jsonl and curve.png. Runs on a GPU when torch
finds one.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from losses import improvement, paired, si_sdr, spectral
from mixing import RATE
from pool import KINDS, read
from train import build, draw, save_checkpoint


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


def rate_at(step: int, train: dict[str, Any]) -> float:
    """The learning rate: a rise, a plateau, halvings."""
    warm = min(1.0, (step + 1) / train["warmup"])
    halvings = max(0, step - train["decay_after"]) / train["halve_every"]
    return float(train["rate"] * warm * 0.5**halvings)


def main() -> None:
    """Train until `steps` or a kill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--pool", type=Path, required=True, help="what pool.py wrote")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after; 0 never")
    options = parser.parse_args()
    config = tomllib.loads(options.config.read_text())
    run: Path = options.run
    run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    train = config["train"]
    torch.manual_seed(train["seed"])

    network = build(config).to(device)
    average = build(config).to(device)
    average.load_state_dict(network.state_dict())
    learned = list(network.parameters())
    optimiser = torch.optim.AdamW(learned, lr=train["rate"], weight_decay=train["weight_decay"])
    step, seconds = 0, 0.0
    state_file = run / "state.pt"
    if state_file.exists():
        state = torch.load(state_file, map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step, seconds = state["step"], state["seconds"]
    examples = Examples(read(options.pool), train["seed"], train["crop_s"])
    print(f"{examples.hours:.2f} hours of mixtures, step {step}, {device}", flush=True)

    began = marked = time.monotonic()
    losses: list[float] = []
    while step < train["steps"]:
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, train)
        rows = examples.batch(step, train["batch"]).to(device)
        mixture, sources = rows[:, 0], rows[:, 1:3]
        refined = network(rows[:, [0, 3, 4]])
        loss = paired(refined, sources, mixture)
        loss = loss + train["spectral"] * spectral(refined, sources, mixture)
        optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(learned, train["clip"])
        if torch.isfinite(norm):
            optimiser.step()
        step += 1
        keep = min(train["average"], (step + 1) / (step + 10))
        with torch.no_grad():
            for slow, fast in zip(average.parameters(), network.parameters(), strict=True):
                slow.lerp_(fast, 1 - keep)
        losses.append(float(loss.detach()))
        now = time.monotonic()
        is_over = options.minutes > 0 and now - began > options.minutes * 60
        if step % train["check_every"] == 0 or is_over:
            seconds += now - marked
            row = {
                "step": step,
                "seconds": round(seconds),
                "audio_h": round(step * train["batch"] * train["crop_s"] / 3600, 3),
                "pool_h": round(examples.hours, 2),
                "loss": round(float(np.mean(losses)), 3),
                "scores": score(average, options.pool),
            }
            marked = time.monotonic()
            losses.clear()
            print(json.dumps(row), flush=True)
            with (run / "log.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")
            state = {
                "network": network.state_dict(),
                "average": average.state_dict(),
                "optimiser": optimiser.state_dict(),
                "step": step,
                "seconds": seconds,
            }
            torch.save(state, run / "state.tmp")
            os.replace(run / "state.tmp", state_file)
            save_checkpoint(average, run / "model.pth", {"training": row})
            draw(run / "log.jsonl", run / "curve.png")
            examples = Examples(read(options.pool), train["seed"], train["crop_s"])
        if is_over:
            break


if __name__ == "__main__":
    main()
