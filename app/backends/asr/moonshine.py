"""Moonshine tiny-en by onnxruntime: cheap enough to decode an open segment again and again.

Input and output names and the cache layout follow the exported graphs of Useful Sensors'
moonshine-onnx ("merged" decoder with a `use_cache_branch` switch).
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from app.backends.asr.whisper_ct2 import SUSPECT_REPEATS, spread_words
from app.backends.loops import has_repetition
from app.backends.onnx_session import open_session
from app.backends.weights import require
from app.domain.messages import Float32Array, Word
from app.domain.ports import AsrModel, AsrRequest, AsrResult, BackendInfo
from app.domain.units import SESSION_RATE_HZ, Span

INFO = BackendInfo(
    backend_id="moonshine-tiny-en",
    role="asr",
    title="Moonshine tiny (English), onnxruntime",
    languages=("en",),
    gives_word_times=False,
    licence="MIT",
)

MAX_INPUT_S = 30.0
MIN_INPUT_SAMPLES = 1_600
START_TOKEN, END_TOKEN = 1, 2
MAX_TOKENS_PER_S = 6.5
"""From the model's authors: more is a loop."""
MIN_TOKENS = 6
UNGUARDED_TOKENS = 194
"""The longest text the model was trained on."""
WORD_START = "\N{LOWER ONE EIGHTH BLOCK}"
"""Begins a token that begins a word."""
LAYER_COUNT, HEAD_COUNT, HEAD_SIZE = 6, 8, 36


class MoonshineAsr:
    """The loaded model; stateless between calls, which may come from two threads at once."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        from tokenizers import Tokenizer

        self._encoder = open_session(folder / "encoder_model.ort", threads=threads)
        self._decoder = open_session(folder / "decoder_model_merged.ort", threads=threads)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._outputs = [output.name for output in self._decoder.get_outputs()]

    def transcribe(self, samples: Float32Array, request: AsrRequest) -> AsrResult:
        """Decode up to 30 s greedily; word times are spread by letters, not measured.

        A looping result gives no words: the next, longer decode decides.
        """
        if len(samples) / SESSION_RATE_HZ > MAX_INPUT_S:
            raise ValueError(f"more than {MAX_INPUT_S:.0f} s of audio")
        if len(samples) < MIN_INPUT_SAMPLES:
            return AsrResult(words=(), language="en")
        prefix = self._tokenizer.encode(request.prefix, add_special_tokens=False).ids
        open_samples = max(len(samples) - request.prefix_samples, 0)
        max_tokens = int(open_samples / SESSION_RATE_HZ * MAX_TOKENS_PER_S) + MIN_TOKENS
        if not request.is_guarded:
            max_tokens = UNGUARDED_TOKENS
        tokens, log_probabilities = self._generate(samples, prefix, max_tokens)
        text = self._tokenizer.decode(tokens, skip_special_tokens=True).strip()
        words: tuple[Word, ...] = ()
        min_repeats = SUSPECT_REPEATS if request.is_open else 4
        if not (request.is_guarded and has_repetition(text, min_repeats=min_repeats)):
            span = Span(len(samples) - open_samples, len(samples))
            words = self._scored(spread_words(text.split(), span), tokens, log_probabilities)
        return AsrResult(
            words=words,
            language="en",
            mean_log_probability=float(np.mean(log_probabilities)),
        )

    def _scored(
        self, words: tuple[Word, ...], tokens: list[int], log_probabilities: list[float]
    ) -> tuple[Word, ...]:
        """Words with the product of their tokens' probabilities, marks left out."""
        sums: list[float] = []
        for token, log_probability in zip(tokens, log_probabilities, strict=False):
            text = self._tokenizer.id_to_token(token) or ""
            if text.startswith(WORD_START) or not sums:
                sums.append(0.0)
            if any(map(str.isalnum, text)):
                sums[-1] += log_probability
        if len(sums) != len(words):
            return words
        return tuple(
            replace(word, probability=math.exp(total))
            for word, total in zip(words, sums, strict=True)
        )

    def _generate(
        self, samples: Float32Array, prefix: list[int], max_tokens: int
    ) -> tuple[list[int], list[float]]:
        """Tokens and their log probabilities; the end token, if it came, is one more of these."""
        batch = np.ascontiguousarray(samples[np.newaxis], dtype=np.float32)
        mask = np.ones(batch.shape, dtype=np.int64)
        states = self._encoder.run(None, {"input_values": batch, "attention_mask": mask})[0]
        feeds: dict[str, Any] = {
            "encoder_hidden_states": states,
            "encoder_attention_mask": mask,
            "input_ids": np.array([[START_TOKEN, *prefix]], dtype=np.int64),
            "use_cache_branch": np.array([False]),
        }
        empty = np.zeros((0, HEAD_COUNT, 1, HEAD_SIZE), dtype=np.float32)
        for layer in range(LAYER_COUNT):
            for part in ("decoder", "encoder"):
                for kind in ("key", "value"):
                    feeds[f"past_key_values.{layer}.{part}.{kind}"] = empty
        tokens: list[int] = []
        log_probabilities: list[float] = []
        for step in range(max_tokens):
            results = dict(zip(self._outputs, self._decoder.run(None, feeds), strict=True))
            logits = results.pop("logits")[0, -1]
            token = int(logits.argmax())
            log_probabilities.append(float(logits[token] - np.logaddexp.reduce(logits)))
            if token == END_TOKEN:
                break
            tokens.append(token)
            for name, value in results.items():
                # The encoder's keys and values are computed once, in the first step.
                if step == 0 or ".encoder." not in name:
                    feeds[name.replace("present", "past_key_values")] = value
            feeds["input_ids"] = np.array([[token]], dtype=np.int64)
            feeds["use_cache_branch"] = np.array([True])
        return tokens, log_probabilities


def load(models_dir: Path, *, threads: int = 1) -> AsrModel:
    """Load moonshine tiny-en.

    Raises:
        KnownError: The weights are missing.
    """
    return MoonshineAsr(require(models_dir, INFO.backend_id), threads=threads)
