r"""Trains a two-talker separation network; the same command starts and resumes.

    PYTHONPATH=. python models/separation/train.py --config models/separation/configs/band48.toml \
        --speech FOLDER --rooms rooms.npz --run FOLDER

FOLDER gets state.pt (resume point), model.pth (asteroid checkpoint of the averaged weights),
log.jsonl and curve.png. Ctrl-C or a kill costs at most the minutes since the last checkpoint.
Runs on a GPU when torch finds one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from losses import clustering, improvement, permutation_invariant, si_sdr
from mixing import Mixer, Recipe, load_speech

from app.backends import band_dual_path


def build(config: dict[str, Any]) -> torch.nn.Module:
    """The network that the config names: ours, or any class of asteroid.models."""
    from asteroid import models as asteroid_models

    band_dual_path.register()
    options = dict(config["model"])
    network: torch.nn.Module = asteroid_models.get(options.pop("name"))(**options)
    return network


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

    def loss(
        self, network: band_dual_path.BandDualPath, sources: torch.Tensor
    ) -> torch.Tensor | float:
        """The clustering loss of the forward pass before, over mixtures of two talkers."""
        both = (sources.pow(2).sum(-1) > 0).all(-1)
        if not both.any():
            return 0.0
        features, talked = self._heard[0][both], sources[both]
        batch, frames = features.shape[:2]
        embedded = torch.einsum("btki,kio->btko", features, self.weight)
        bins = embedded.reshape(batch, frames, -1, self.size)[:, :, network.place]
        normed = torch.nn.functional.normalize(bins.flatten(1, 2), dim=-1)
        spectra = network.spectrum(talked.flatten(0, 1)).abs().reshape(batch, 2, -1)
        return clustering(normed, spectra)


def fixed_mixers(speech: dict[str, list[np.ndarray]], rooms: np.ndarray) -> dict[str, Mixer]:
    """Mixers whose mixtures watch the training; `speech` holds talkers never trained on."""
    base: dict[str, Any] = {"segment_s": 4.0, "single": 0.0, "silent": 0.0}
    base |= {"speeds": (1.0, 1.0), "noisy": 0.0, "ratio_db": 5.0}
    kinds: dict[str, dict[str, Any]] = {
        "clean": {"partial": 0.0, "rooms": 0.0},
        "rooms": {"partial": 0.0, "rooms": 1.0},
        "partial": {"partial": 1.0, "rooms": 0.0},
        "single": {"single": 1.0, "rooms": 0.0, "partial": 0.0},
    }
    return {
        kind: Mixer(speech, rooms, Recipe(**{**base, **extra}), seed=99)
        for kind, extra in kinds.items()
    }


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


def save_checkpoint(network: torch.nn.Module, path: Path, note: dict[str, Any]) -> None:
    """Write an asteroid checkpoint in one step."""
    checkpoint = network.serialize()
    checkpoint["infos"].update(note)
    temporary = path.with_suffix(".tmp")
    torch.save(checkpoint, temporary)
    os.replace(temporary, path)


def draw(log: Path, out: Path) -> None:
    """The learning curve."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = [json.loads(line) for line in log.read_text().splitlines()]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4))
    left.plot([r["audio_h"] for r in rows], [r["loss"] for r in rows])
    left.set(xlabel="hours of mixtures", ylabel="training loss, dB")
    for kind in ("clean", "rooms", "partial"):
        right.plot([r["audio_h"] for r in rows], [r["scores"][kind] for r in rows], label=kind)
    right.set(xlabel="hours of mixtures", ylabel="SI-SDR improvement, unseen talkers, dB")
    right.legend()
    right.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(out, dpi=90)
    pyplot.close(figure)


def main() -> None:
    """Train until `steps` or a kill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--speech", type=Path, action="append", required=True)
    parser.add_argument("--rooms", type=Path, required=True, help="what rooms.py wrote")
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
    random.seed(train["seed"])
    torch.manual_seed(train["seed"])

    rooms = np.load(options.rooms)["pairs"]
    last_rooms = max(1, len(rooms) // 8)  # the last eighth is for tests only
    held_out = config["data"]["held_out"]
    speech = load_speech(options.speech, held_out)
    unseen = load_speech(options.speech, held_out, only_held_out=True)
    full = Recipe(**config["mix"])
    mixer = Mixer(speech, rooms[:-last_rooms], full, train["seed"])
    easy = replace(full, single=0, silent=0, partial=0, rooms=0, noisy=0, ratio_db=2.5)
    first_mixer = Mixer(speech, None, easy, train["seed"])
    tests = fixed_mixers(unseen, rooms[-last_rooms:])

    network = build(config).to(device)
    average = build(config).to(device)
    average.load_state_dict(network.state_dict())
    head = ClusterHead(network).to(device) if train["cluster"] else None
    learned = [*network.parameters(), *(head.parameters() if head is not None else ())]
    optimiser = torch.optim.AdamW(learned, lr=train["rate"], weight_decay=train["weight_decay"])
    step, seconds = 0, 0.0
    state_file = run / "state.pt"
    if state_file.exists():
        state = torch.load(state_file, map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        if head is not None:
            head.load_state_dict(state["head"])
        optimiser.load_state_dict(state["optimiser"])
        step, seconds = state["step"], state["seconds"]
    print(f"{len(speech)} talkers, step {step}, {device}", flush=True)

    began = marked = time.monotonic()
    losses: list[tuple[float, float]] = []
    while step < train["steps"]:
        warm = min(1.0, (step + 1) / train["warmup"])
        decay = 0.5 ** (max(0, step - train["decay_after"]) / train["halve_every"])
        for group in optimiser.param_groups:
            group["lr"] = train["rate"] * warm * decay
        mixture, sources = (
            torch.from_numpy(part).to(device)
            for part in (first_mixer if step < train["easy_until"] else mixer).batch(
                step, train["batch"]
            )
        )
        loss = permutation_invariant(network(mixture), sources, mixture)
        clustered = head.loss(network, sources) if head is not None else 0.0
        optimiser.zero_grad()
        (loss + train["cluster"] * clustered).backward()
        norm = torch.nn.utils.clip_grad_norm_(learned, train["clip"])
        if torch.isfinite(norm):
            optimiser.step()
        step += 1
        keep = min(train["average"], (step + 1) / (step + 10))
        with torch.no_grad():
            for slow, fast in zip(average.parameters(), network.parameters(), strict=True):
                slow.lerp_(fast, 1 - keep)
        losses.append((float(loss.detach()), float(torch.as_tensor(clustered).detach())))
        now = time.monotonic()
        is_over = options.minutes > 0 and now - began > options.minutes * 60
        if step % train["check_every"] == 0 or is_over:
            seconds += now - marked
            marked = now
            scores = score(average, tests, train["test_mixtures"])
            row = {
                "step": step,
                "seconds": round(seconds),
                "audio_h": round(step * train["batch"] * config["mix"]["segment_s"] / 3600, 3),
                "loss": round(float(np.mean([each for each, _ in losses])), 3),
                "clustering": round(float(np.mean([each for _, each in losses])), 4),
                "scores": scores,
            }
            losses.clear()
            print(json.dumps(row), flush=True)
            with (run / "log.jsonl").open("a") as log:
                log.write(json.dumps(row) + "\n")
            state = {
                "network": network.state_dict(),
                "average": average.state_dict(),
                "head": head.state_dict() if head is not None else {},
                "optimiser": optimiser.state_dict(),
                "step": step,
                "seconds": seconds,
            }
            torch.save(state, run / "state.tmp")
            os.replace(run / "state.tmp", state_file)
            save_checkpoint(average, run / "model.pth", {"training": row})
            draw(run / "log.jsonl", run / "curve.png")
        if is_over:
            break


if __name__ == "__main__":
    main()
