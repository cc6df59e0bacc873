r"""What the exemplar method makes of mixtures, stored: the refiner learns from it.

    PYTHONPATH=. python models/separation/pool.py --config models/separation/configs/refiner.toml \
        --speech FOLDER --rooms rooms.npz --out FOLDER --first 0 --count 1600

Writes one file of `SHARD` mixtures after the other; the same command goes on where it stopped, and
a higher --count adds to what is there. With --held-out the talkers never trained on are mixed, for
scores. The mixtures follow from the config's seed and their number.
"""

from __future__ import annotations

import argparse
import os
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from mixing import Mixer, Recipe, load_speech, read_rooms, watching

from app.pipeline import exemplars

SHARD = 16
PEAK = 16_000
"""Of int16, so that no estimate is cut off."""


def estimate(mixture: np.ndarray, solos: list[np.ndarray]) -> np.ndarray | None:
    """The two voices by what each sounds like alone, float32 (2, n); None for too little of one."""
    learned = [exemplars.learn(solo, exemplars.QUICK) for solo in solos]
    voices = [voice for voice in learned if voice is not None]
    if len(voices) < len(learned):
        return None
    return exemplars.separate(mixture, voices, exemplars.QUICK)


def shard(mixer: Mixer, first: int, size: int = SHARD) -> np.ndarray:
    """int16 (mixtures, 5, samples): mixture, sources, estimates; no more than `size` mixtures."""
    rows = []
    for number in range(first, first + size):
        mixture, sources, solos = mixer.with_solos(number)
        estimates = estimate(mixture, solos)
        if estimates is None:
            continue
        row = np.concatenate([mixture[None], sources, estimates])
        rows.append(np.round(row * (PEAK / (np.abs(row).max() + 1e-6))).astype(np.int16))
    return np.stack(rows)


def read(folder: Path, pattern: str = "train-*.npy") -> list[np.ndarray]:
    """All shards there are, in order, mapped and not read."""
    return [np.load(path, mmap_mode="r") for path in sorted(folder.glob(pattern))]


def mixers(
    config: dict[str, Any], speech: list[Path], rooms_file: Path, *, held_out: bool
) -> dict[str, Mixer]:
    """Mixers by kind; for training there is one kind, "train"."""
    rooms, other_rooms = read_rooms(rooms_file)
    names = config["data"]["held_out"]
    talkers = load_speech(speech, names, only_held_out=held_out)
    recipe = Recipe(**config["mix"])
    if held_out:
        return watching(talkers, other_rooms, recipe.segment_s)
    return {"train": Mixer(talkers, rooms, recipe, config["train"]["seed"])}


def main() -> None:
    """Write the shards that are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--speech", type=Path, action="append", required=True)
    parser.add_argument("--rooms", type=Path, required=True, help="what rooms.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, required=True, help="mixtures, of each kind")
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args()
    config = tomllib.loads(options.config.read_text())
    options.out.mkdir(parents=True, exist_ok=True)
    made = mixers(config, options.speech, options.rooms, held_out=options.held_out)
    for first in range(options.first, options.first + options.count, SHARD):
        for kind, mixer in made.items():
            path = options.out / f"{kind}-{first:07d}.npy"
            if path.exists():
                continue
            temporary = path.with_suffix(".tmp")
            with temporary.open("wb") as file:
                np.save(file, shard(mixer, first, min(SHARD, options.count)))
            os.replace(temporary, path)
            print(path.name, flush=True)


if __name__ == "__main__":
    main()
