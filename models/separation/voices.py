r"""Renders sentences with the voices of Kokoro TTS: more talkers to train with.

    python models/separation/voices.py --model kokoro-v1.0.int8.onnx --vocab vocab.json \
        --styles voices --text sentences.txt --out FOLDER [--sentences 4] [--blends 20]

FOLDER gets one utterance per file, `VOICE-NUMBER.flac`, 16 kHz mono: what --speech of train.py and
pool.py reads. The same command goes on where it stopped. `--styles` is a folder of `NAME.bin`, each
float32 (510, 256), one style per length; names begin with `a` or `b` (American, British) where they
speak English, others are passed over. `--blends` adds voices half way between two of the same
accent and sex. Needs onnxruntime, and phonemizer-fork with espeakng-loader (GPL-3, here only).

Weights and voices: hexgrad's Kokoro-82M v1.0, Apache-2.0.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile
from scipy.signal import resample_poly

RATE = 16_000
KOKORO_RATE = 24_000
LONGEST = 510
"""Tokens of one utterance, with the two that mark its ends."""
QUIET_DB = -45.0
"""Below the loudest 10 ms, at both ends: silence that Kokoro adds."""
ACCENTS = {"a": "en-us", "b": "en-gb"}

Phonemes = Callable[[str, str], str]
"""From a text and a language of espeak to its sounds."""


def espeak() -> Phonemes:
    """espeak-ng out of its Python package."""
    import espeakng_loader
    from phonemizer.backend import EspeakBackend
    from phonemizer.backend.espeak.wrapper import EspeakWrapper

    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    backends = {
        name: EspeakBackend(name, preserve_punctuation=True, with_stress=True)
        for name in ACCENTS.values()
    }
    return lambda text, language: str(backends[language].phonemize([text])[0]).strip()


def read_styles(folder: Path) -> dict[str, np.ndarray]:
    """The English voices float32 (510, 256), by name."""
    return {
        path.stem.replace("-", "_"): np.fromfile(path, np.float32).reshape(LONGEST, 256)
        for path in sorted(folder.glob("*.bin"))
        if path.stem[:1] in ACCENTS
    }


def with_blends(styles: Mapping[str, np.ndarray], count: int, seed: int) -> dict[str, np.ndarray]:
    """The voices, and `count` half way between two whose names begin with the same two letters."""
    pairs = [
        pair for pair in itertools.combinations(sorted(styles), 2) if pair[0][:2] == pair[1][:2]
    ]
    drawn = np.random.default_rng(seed).permutation(len(pairs))[:count]
    blends = {
        f"{one}+{two}": (styles[one] + styles[two]) / 2 for one, two in (pairs[i] for i in drawn)
    }
    return {**styles, **blends}


def speak(
    session: onnxruntime.InferenceSession,
    sounds: str,
    vocabulary: Mapping[str, int],
    style: np.ndarray,
    speed: float,
) -> np.ndarray:
    """One utterance, float32 (n,) at 16 kHz, without silence at its ends.

    Args:
        sounds: Phonemes; what the vocabulary lacks is left out, and what is too long cut off.
        style: float32 (510, 256).
    """
    tokens = [vocabulary[sound] for sound in sounds if sound in vocabulary][: LONGEST - 2]
    named = {each.name for each in session.get_inputs()}
    given = {
        "input_ids" if "input_ids" in named else "tokens": np.array([[0, *tokens, 0]], np.int64),
        "style": style[len(tokens)][np.newaxis],
        "speed": np.array([speed], np.float32),
    }
    audio = np.asarray(session.run(None, given)[0], np.float32).reshape(-1)
    return trimmed(resample_poly(audio, RATE, KOKORO_RATE).astype(np.float32))


def trimmed(audio: np.ndarray) -> np.ndarray:
    """Without what is quieter than `QUIET_DB` at both ends."""
    hop = RATE // 100
    frames = audio[: len(audio) // hop * hop].reshape(-1, hop)
    level = np.sqrt((frames**2).mean(axis=1))
    loud = np.flatnonzero(level > level.max(initial=1e-9) * 10 ** (QUIET_DB / 20))
    return audio[loud[0] * hop : (loud[-1] + 1) * hop] if len(loud) else audio[:0]


def render(
    session: onnxruntime.InferenceSession,
    phonemes: Phonemes,
    vocabulary: Mapping[str, int],
    styles: Mapping[str, np.ndarray],
    sentences: list[str],
    out: Path,
    *,
    count: int,
    seed: int,
) -> None:
    """Write `count` utterances of each voice, of sentences drawn for it, at drawn speeds."""
    out.mkdir(parents=True, exist_ok=True)
    for number, (name, style) in enumerate(styles.items()):
        rng = np.random.default_rng((seed, number))
        for each, chosen in enumerate(rng.permutation(len(sentences))[:count]):
            speed = float(rng.uniform(0.9, 1.15))
            path = out / f"{name}-{each:04d}.flac"
            if path.exists():
                continue
            sounds = phonemes(sentences[chosen], ACCENTS[name[0]])
            audio = speak(session, sounds, vocabulary, style, speed)
            temporary = path.with_suffix(".tmp")
            loudest = max(1.0, float(np.abs(audio).max(initial=0.0)))
            soundfile.write(temporary, audio / loudest, RATE, format="FLAC")
            os.replace(temporary, path)
            print(path.name, flush=True)


def main() -> None:
    """Render what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--vocab", type=Path, required=True, help="sounds to numbers, JSON")
    parser.add_argument("--styles", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True, help="one sentence a line")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sentences", type=int, default=4, help="of each voice")
    parser.add_argument("--blends", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    session = onnxruntime.InferenceSession(options.model, settings)
    vocabulary = json.loads(options.vocab.read_text(encoding="utf-8"))
    lines = options.text.read_text(encoding="utf-8").splitlines()
    render(
        session,
        espeak(),
        vocabulary.get("vocab", vocabulary),
        with_blends(read_styles(options.styles), options.blends, options.seed),
        [line.strip() for line in lines if line.strip()],
        options.out,
        count=options.sentences,
        seed=options.seed,
    )


if __name__ == "__main__":
    main()
