"""What every training run here shares: its folder, the loop, resume, checkpoints, the curve.

A run's folder gets config.toml (what it was trained with), state.pt (resume point), model.pth
(asteroid checkpoint of the averaged weights), log.jsonl and curve.png. A kill costs at most the
steps since the last check. The same command starts and resumes, on a GPU when torch finds one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.backends import band_dual_path

Losses = dict[str, Tensor]
"""Values of one step by name; one of them is "loss"."""
Lesson = Callable[[int], tuple[Tensor, Losses]]
"""What a step of this number learns from: the loss to minimise, and what is logged of it."""
Check = Callable[[nn.Module], dict[str, Any]]
"""What is logged about averaged weights, with their `scores`."""


def common_options(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options of every run."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="a checkpoint whose weights a new run begins at")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after; 0 never")
    return parser


def build(config: dict[str, Any]) -> nn.Module:
    """The network that the config names: ours, or any class of asteroid.models."""
    from asteroid import models as asteroid_models

    band_dual_path.register()
    options = dict(config["model"])
    network: nn.Module = asteroid_models.get(options.pop("name"))(**options)
    return network


def rate_at(step: int, train: dict[str, Any]) -> float:
    """The learning rate: a rise, a plateau, halvings."""
    warm = min(1.0, (step + 1) / train["warmup"])
    halvings = max(0, step - train["decay_after"]) / train["halve_every"]
    return float(train["rate"] * warm * 0.5**halvings)


class Run:
    """One run: a network, the average of its weights, and a folder to go on from.

    Attributes:
        config: What its file says.
        device: "cuda" or "cpu".
        network: What learns.
        average: The mean of its weights over the last steps, which is scored and saved.
        head: Learns beside the network and is not saved with it; None for none.
        step: Steps that were made, in earlier stretches too.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        make_head: Callable[[nn.Module, dict[str, Any]], nn.Module | None] | None = None,
    ) -> None:
        """Begin the run of these options, or take it up where it stopped.

        Args:
            make_head: Makes `head`, of the network and the config's `train`.
        """
        self.folder: Path = options.run
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = tomllib.loads(options.config.read_text())
        shutil.copyfile(options.config, self.folder / "config.toml")
        self._train = self.config["train"]
        self._minutes = options.minutes
        torch.set_num_threads(options.threads)
        torch.set_flush_denormal(True)
        random.seed(self._train["seed"])
        torch.manual_seed(self._train["seed"])
        self.device = "cuda" if torch.cuda.is_available() else "cpu"

        self.network = build(self.config).to(self.device)
        if options.start is not None:
            begun = torch.load(options.start, map_location=self.device, weights_only=True)
            self.network.load_state_dict(begun["state_dict"])
        self.average = build(self.config).to(self.device)
        self.average.load_state_dict(self.network.state_dict())
        head = None if make_head is None else make_head(self.network, self._train)
        self.head = None if head is None else head.to(self.device)
        self._learned = [
            *self.network.parameters(),
            *(self.head.parameters() if self.head is not None else ()),
        ]
        self._optimiser = torch.optim.AdamW(
            self._learned, lr=self._train["rate"], weight_decay=self._train["weight_decay"]
        )
        self.step, self._seconds = 0, 0.0
        if self._state_file.exists():
            self._resume()

    def learn(self, lesson: Lesson, check: Check, *, example_s: float) -> None:
        """Train until `steps`, the minutes given or a kill.

        Args:
            example_s: Length of one training example.
        """
        began = marked = time.monotonic()
        logged: list[Losses] = []
        while self.step < self._train["steps"]:
            logged.append(self._learn_from(lesson))
            now = time.monotonic()
            is_over = self._minutes > 0 and now - began > self._minutes * 60
            if self.step % self._train["check_every"] == 0 or is_over:
                self._seconds += now - marked
                hours = self.step * self._train["batch"] * example_s / 3600
                means = {
                    name: round(float(torch.stack([each[name] for each in logged]).mean()), 4)
                    for name in logged[0]
                }
                row = {"step": self.step, "seconds": round(self._seconds)}
                self._keep({**row, "audio_h": round(hours, 3), **means, **check(self.average)})
                logged.clear()
                marked = time.monotonic()
            if is_over:
                break

    @property
    def _state_file(self) -> Path:
        return self.folder / "state.pt"

    def _learn_from(self, lesson: Lesson) -> Losses:
        """One step."""
        for group in self._optimiser.param_groups:
            group["lr"] = rate_at(self.step, self._train)
        is_short = self._train.get("bf16", False)
        with torch.autocast(self.device, torch.bfloat16, enabled=is_short):
            loss, logged = lesson(self.step)
        self._optimiser.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self._learned, self._train["clip"])
        if torch.isfinite(norm):
            self._optimiser.step()
        self.step += 1
        keep = min(self._train["average"], (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.network.parameters(), strict=True)
            for slow, fast in pairs:
                slow.lerp_(fast, 1 - keep)
        return {name: value.detach() for name, value in logged.items()}

    def _keep(self, row: dict[str, Any]) -> None:
        """Log a check, and write everything that the run goes on from."""
        print(json.dumps(row), flush=True)
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(json.dumps(row) + "\n")
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "head": {} if self.head is None else self.head.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": self.step,
            "seconds": self._seconds,
        }
        _save(state, self._state_file)
        checkpoint = band_dual_path.checkpoint_of(self.average)
        checkpoint["infos"]["training"] = row
        _save(checkpoint, self.folder / "model.pth")
        draw(self.folder / "log.jsonl", self.folder / "curve.png")

    def _resume(self) -> None:
        state = torch.load(self._state_file, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        if self.head is not None:
            self.head.load_state_dict(state["head"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.step, self._seconds = state["step"], state["seconds"]


def _save(content: dict[str, Any], path: Path) -> None:
    """Write a file of torch in one step."""
    temporary = path.with_suffix(".tmp")
    torch.save(content, temporary)
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
