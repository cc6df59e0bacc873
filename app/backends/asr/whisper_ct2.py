"""Whisper by CTranslate2 (faster-whisper), with encoder input as short as the audio.

faster-whisper pads every call to 30 s, which makes a 2 s call as dear as a 30 s one. The encoder
takes shorter input: here the features end `TAIL_PADDING_S` after the audio, and the full padding
is the fallback for the loops and skipped sentences that a short context sometimes provokes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.backends.loops import compression_ratio, count_heard, has_repetition
from app.backends.weights import require
from app.domain.messages import Float32Array, Word
from app.domain.ports import AsrModel, AsrRequest, AsrResult, BackendInfo
from app.domain.transcript import UNSPACED_LANGUAGES
from app.domain.units import SESSION_RATE_HZ, Span

LANGUAGES = tuple(
    (
        "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha "
        "haw he hi hr ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn "
        "mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te "
        "tg th tk tl tr tt uk ur uz vi yi yo zh"
    ).split()
)
"""Of all multilingual models (openai/whisper, tokenizer.py); the newest know Cantonese too."""

INFO = BackendInfo(
    backend_id="whisper-base",
    role="asr",
    title="Whisper base (multilingual), CTranslate2 int8",
    languages=LANGUAGES,
    gives_word_times=True,
    licence="MIT",
)

CALLS_AT_ONCE = 2
"""They share the weights; the final pass decodes two chunks side by side."""
KERNELS_KEPT = 32
"""oneDNN keeps the code that it makes for each size of input, 1,024 by default, and sizes differ
from call to call here: that held 0.6 MB more after every decode. Making it anew costs nothing that
could be measured (docs/measurements.md, "Memory of the engine")."""
MAX_INPUT_S = 30.0
MIN_INPUT_SAMPLES = 1_600
"""Less than the shortest word; Whisper makes words of it."""
TAIL_PADDING_S = 0.5
"""Silence behind the audio; see docs/measurements.md, "Truncated encoder"."""
MAX_TOKENS_PER_S = 12.0
"""Fast English speech has about 6 tokens a second; twice that is a loop."""
MIN_TOKENS = 12
MAX_COMPRESSION_RATIO = 2.4
MIN_MEAN_LOG_PROBABILITY = -1.0
MAX_NO_SPEECH_PROBABILITY = 0.6
"""Both from Whisper's own decoding defaults (openai/whisper, transcribe.py)."""
SPARSE_CHECK_MIN_S = 4.0
MIN_WORDS_PER_S = 0.7
"""A stretch of speech with fewer words has lost a sentence (docs/measurements.md)."""
MAX_SILENT_END_S = 0.9
"""The gate leaves 0.25 s of silence behind the last word; more means lost words."""
MAX_SILENT_OPEN_END_S = 1.2
"""While speech goes on, the gate closes at pauses of 0.5 s."""
LISTEN_ON_CONTEXT_SAMPLES = 2 * SESSION_RATE_HZ
"""Before a lost end; with less, Whisper says it again and again."""
SUSPECT_REPEATS = 3
"""People do say a thing three times; a loop sounds the same with more context, they do not."""
FRAMES_PER_S = 100
NO_GUARDS = {
    "compression_ratio_threshold": None,
    "log_prob_threshold": None,
    "no_speech_threshold": None,
}
"""Switches off faster-whisper's own."""
PREPENDED = "\"'“¿([{-"
APPENDED = "\"'.。,，!！?？:：”)]}、"  # noqa: RUF001 - full-width marks are meant
HYPHEN = "-"


@dataclass(frozen=True, slots=True)
class _Decoded:
    prefix: list[int]
    tokens: list[int]
    mean_log_probability: float
    no_speech_probability: float
    alternatives: tuple[tuple[str, float], ...]
    encoder_output: Any
    frame_count: int
    text: str
    duration_s: float
    is_guarded: bool

    @property
    def is_suspect(self) -> bool:
        if not self.is_guarded:
            return False
        words_per_s = len(self.text.split()) / self.duration_s
        is_sparse = self.duration_s > SPARSE_CHECK_MIN_S and words_per_s < MIN_WORDS_PER_S
        return (
            is_sparse
            or compression_ratio(self.text) > MAX_COMPRESSION_RATIO
            or has_repetition(self.text, min_repeats=SUSPECT_REPEATS)
            or self.mean_log_probability < MIN_MEAN_LOG_PROBABILITY
        )

    @property
    def is_no_speech(self) -> bool:
        return (
            self.is_guarded
            and self.no_speech_probability > MAX_NO_SPEECH_PROBABILITY
            and self.mean_log_probability < MIN_MEAN_LOG_PROBABILITY
        )


class WhisperAsr:
    """One loaded Whisper model; stateless between calls, which may come from two threads at once.

    Args:
        threads: Cores that one call may use. One by default: on two cores a second thread makes
            decoding dearer, not faster (1.1-1.9 times as long; docs/measurements.md).
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(KERNELS_KEPT))
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer

        self._model = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            num_workers=CALLS_AT_ONCE,
        )
        self._tokenizer_class = Tokenizer
        self._tokenizers: dict[str, Any] = {}

    def transcribe(self, samples: Float32Array, request: AsrRequest) -> AsrResult:
        """Decode up to 30 s; see `AsrModel.transcribe`.

        A suspect result (loop, lost sentence, low confidence) is decoded again with the full 30 s
        padding, and where the words end well before the audio, the end is asked for again; not so
        while the speech goes on, since the next call hears more. Sure silence, and an open
        loop, give no words.
        """
        duration_s = len(samples) / SESSION_RATE_HZ
        if duration_s > MAX_INPUT_S:
            raise ValueError(f"{duration_s:.1f} s of audio; Whisper takes {MAX_INPUT_S:.0f} s")
        if len(samples) < MIN_INPUT_SAMPLES:
            return AsrResult(words=(), language=request.language)
        if request.wants_full_context:
            return self._transcribe_padded(samples, request)
        input_s = MAX_INPUT_S if request.is_padded else duration_s + TAIL_PADDING_S
        encoded = self._encode(samples, min(input_s, MAX_INPUT_S))
        language = self._language(encoded, request.language)
        decoded = self._decode(encoded, duration_s, language, request)
        words = self._place(decoded, len(samples), language, request)
        request = replace(request, language=language)
        if not request.is_open and decoded.is_suspect:
            return self._second_try(samples, request, decoded)
        alternatives = decoded.alternatives
        if _misses_end(words, request, duration_s):
            more = self._listen_on(samples, encoded, request, words)
            words = (*words, *more)
            # Other readings of a text that ended too soon are none of the whole.
            alternatives = () if more else alternatives
        # While speech goes on, a beginning loop is not let through: the next call hears more.
        may_loop = request.is_open and request.is_guarded
        is_loop = may_loop and has_repetition(decoded.text, min_repeats=SUSPECT_REPEATS)
        return AsrResult(
            words=() if decoded.is_no_speech or is_loop else words,
            language=language,
            mean_log_probability=decoded.mean_log_probability,
            no_speech_probability=decoded.no_speech_probability,
            alternatives=alternatives,
        )

    def _listen_on(
        self,
        samples: Float32Array,
        encoded: tuple[Any, int],
        request: AsrRequest,
        words: tuple[Word, ...],
    ) -> tuple[Word, ...]:
        """What follows `words`, where the decoder ended too soon.

        A forced prefix sometimes ends a sentence: without it the same encoder output often says
        what follows. Where nothing was forced, or that is silent too, the end is decoded with a
        little context. Both cost a tenth of full padding, which would hold up everybody's captions
        by seconds.
        """
        heard_until = max(_last_end(words), request.prefix_samples)
        if request.prefix:
            found = self._heard_behind(heard_until, samples, 0, encoded, request)
            if found:
                return found
        start = max(0, heard_until - LISTEN_ON_CONTEXT_SAMPLES)
        if start == 0:
            return ()
        input_s = (len(samples) - start) / SESSION_RATE_HZ + TAIL_PADDING_S
        encoded = self._encode(samples[start:], input_s)
        return self._heard_behind(heard_until, samples, start, encoded, request)

    def _heard_behind(
        self,
        heard_until: int,
        samples: Float32Array,
        start: int,
        encoded: tuple[Any, int],
        request: AsrRequest,
    ) -> tuple[Word, ...]:
        """The words behind a sample, of a decode that begins at `start` and forces nothing."""
        duration_s = (len(samples) - start) / SESSION_RATE_HZ
        language = request.language or "en"
        afresh = replace(request, prefix="", prefix_samples=0)
        decoded = self._decode(encoded, duration_s, language, afresh)
        if decoded.is_suspect or decoded.is_no_speech:
            return ()
        found = (
            replace(word, span=word.span.shift(start))
            for word in self._align(decoded, duration_s, language)
        )
        return tuple(word for word in found if word.span.middle >= heard_until)

    def _second_try(
        self,
        samples: Float32Array,
        request: AsrRequest,
        decoded: _Decoded,
    ) -> AsrResult:
        """Decode with full padding and without the prefix, then drop what the prefix covers."""
        padded = self._transcribe_padded(samples, request)
        heard = tuple(w for w in padded.words if w.span.middle >= request.prefix_samples)
        if decoded.is_no_speech:
            heard = ()
        return replace(padded, words=heard, alternatives=decoded.alternatives)

    def _place(
        self, decoded: _Decoded, sample_count: int, language: str, request: AsrRequest
    ) -> tuple[Word, ...]:
        if request.wants_word_times:
            return self._align(decoded, sample_count / SESSION_RATE_HZ, language)
        texts = self._tokenizer(language).decode(decoded.tokens).split()
        return spread_words(texts, Span(min(request.prefix_samples, sample_count), sample_count))

    def _transcribe_padded(self, samples: Float32Array, request: AsrRequest) -> AsrResult:
        """faster-whisper's own decoding: 30 s padding, time stamps, fallback temperatures.

        The latter only where nobody waits: five more decodes with five samples each held up the
        captions of both streams for seconds, over a word or two.
        """
        temperatures = {} if request.wants_full_context else {"temperature": 0.0}
        segments, info = self._model.transcribe(
            samples,
            language=request.language if self._model.model.is_multilingual else "en",
            beam_size=request.beam_size,
            word_timestamps=True,
            condition_on_previous_text=False,
            initial_prompt=request.prompt or None,
            hotwords=", ".join(request.hotwords) or None,
            log_progress=False,
            **temperatures,
            **({} if request.is_guarded else NO_GUARDS),
        )
        duration_s = len(samples) / SESSION_RATE_HZ
        pieces: list[_Piece] = []
        weighted = 0.0
        token_count = 0
        no_speech_probability = None
        for segment in segments:
            if request.is_guarded and has_repetition(segment.text):
                continue
            no_speech_probability = segment.no_speech_prob
            weighted += segment.avg_logprob * len(segment.tokens)
            token_count += len(segment.tokens)
            pieces.extend(
                _Piece(word.word, word.start, word.end, word.probability)
                for word in segment.words or ()
            )
        return AsrResult(
            words=_words(_heard(pieces, is_guarded=request.is_guarded), duration_s, info.language),
            language=info.language,
            mean_log_probability=weighted / token_count if token_count else None,
            no_speech_probability=no_speech_probability,
        )

    def _tokenizer(self, language: str) -> Any:
        if language not in self._tokenizers:
            self._tokenizers[language] = self._tokenizer_class(
                self._model.hf_tokenizer,
                self._model.model.is_multilingual,
                task="transcribe",
                language=language if self._model.model.is_multilingual else "en",
            )
        return self._tokenizers[language]

    def _encode(self, samples: Float32Array, input_s: float) -> tuple[Any, int]:
        import ctranslate2

        padded = np.zeros(int(input_s * SESSION_RATE_HZ), dtype=np.float32)
        padded[: len(samples)] = samples
        features = self._model.feature_extractor(padded, padding=0)
        features = features[:, : features.shape[1] // 2 * 2]
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(features[np.newaxis]))
        return self._model.model.encode(view), features.shape[1]

    def _language(self, encoded: tuple[Any, int], wanted: str | None) -> str:
        if not self._model.model.is_multilingual:
            return "en"
        if wanted is not None:
            return wanted
        token = self._model.model.detect_language(encoded[0])[0][0][0]
        return str(token).strip("<|>")

    def _decode(
        self, encoded: tuple[Any, int], duration_s: float, language: str, request: AsrRequest
    ) -> _Decoded:
        tokenizer = self._tokenizer(language)
        prefix = tokenizer.encode(f" {request.prefix}") if request.prefix else []
        prompt = [*self._prompt(tokenizer, request), *prefix]
        open_s = duration_s - request.prefix_samples / SESSION_RATE_HZ
        new_tokens = int(open_s * MAX_TOKENS_PER_S) + MIN_TOKENS
        result = self._model.model.generate(
            encoded[0],
            [prompt],
            beam_size=request.beam_size,
            num_hypotheses=request.beam_size,
            max_length=min(
                self._model.max_length,
                len(prompt) + (new_tokens if request.is_guarded else self._model.max_length),
            ),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=_suppressed(tokenizer),
        )[0]
        scored = [
            (
                tokenizer.decode([t for t in tokens if t < tokenizer.eot]).strip(),
                score * len(tokens) / (len(tokens) + 1),
            )
            for tokens, score in zip(result.sequences_ids, result.scores, strict=True)
        ]
        # CTranslate2 returns the forced prefix as part of the sequence.
        tokens = [t for t in result.sequences_ids[0][len(prefix) :] if t < tokenizer.eot]
        return _Decoded(
            prefix=prefix,
            tokens=tokens,
            mean_log_probability=scored[0][1],
            no_speech_probability=result.no_speech_prob,
            alternatives=tuple(pair for pair in scored[1:] if pair[0] != scored[0][0]),
            encoder_output=encoded[0],
            frame_count=min(encoded[1], int(duration_s * FRAMES_PER_S)),
            text=tokenizer.decode(prefix + tokens).strip(),
            duration_s=duration_s,
            is_guarded=request.is_guarded,
        )

    def _prompt(self, tokenizer: Any, request: AsrRequest) -> list[int]:
        prompt: list[int] = []
        context = " ".join(filter(None, [", ".join(request.hotwords), request.prompt]))
        if context:
            room = self._model.max_length // 2 - 1
            prompt = [tokenizer.sot_prev, *tokenizer.encode(f" {context.strip()}")[-room:]]
        return [*prompt, *tokenizer.sot_sequence, tokenizer.no_timestamps]

    def _align(self, decoded: _Decoded, duration_s: float, language: str) -> tuple[Word, ...]:
        tokenizer = self._tokenizer(language)
        if not decoded.tokens:
            return ()
        alignment = self._model.find_alignment(
            tokenizer,
            [decoded.prefix + decoded.tokens],
            decoded.encoder_output,
            decoded.frame_count,
        )[0]
        behind = _behind_prefix(alignment, len(decoded.prefix))
        pieces = _heard(behind, is_guarded=decoded.is_guarded)
        return _words(pieces, duration_s, language)


@dataclass(slots=True)
class _Piece:
    text: str
    start_s: float
    end_s: float
    probability: float


def _last_end(words: tuple[Word, ...]) -> int:
    return words[-1].span.end if words else 0


def _misses_end(words: tuple[Word, ...], request: AsrRequest, duration_s: float) -> bool:
    """Whether the words stop well before the audio does: the decoder ended too soon.

    While speech goes on, only behind a forced prefix: there the end was heard before.
    """
    end = max(_last_end(words), request.prefix_samples) / SESSION_RATE_HZ
    if request.is_open:
        return bool(request.prefix) and duration_s - end > MAX_SILENT_OPEN_END_S
    return duration_s - end > MAX_SILENT_END_S


def _heard(pieces: list[_Piece], *, is_guarded: bool) -> list[_Piece]:
    if not is_guarded:
        return pieces
    durations_s = [piece.end_s - piece.start_s for piece in pieces]
    return pieces[: count_heard([piece.text for piece in pieces], durations_s)]


def _words(pieces: list[_Piece], duration_s: float, language: str) -> tuple[Word, ...]:
    is_spaced = language not in UNSPACED_LANGUAGES
    return tuple(
        Word(
            text=piece.text.strip(),
            span=Span.from_seconds(
                min(piece.start_s, duration_s), min(max(piece.end_s, piece.start_s), duration_s)
            ),
            probability=float(piece.probability),
        )
        for piece in _join_pieces(pieces, is_spaced=is_spaced)
        if piece.text.strip()
    )


def _behind_prefix(alignment: list[dict[str, Any]], prefix_tokens: int) -> list[_Piece]:
    """The aligned words that do not belong to the forced prefix.

    Marks that would close the prefix's last word, or join it to the next, are dropped: that word
    is settled.
    """
    pieces: list[_Piece] = []
    seen = 0
    for word in alignment:
        if seen >= prefix_tokens:
            is_first = prefix_tokens > 0 and not pieces
            text = word["word"].lstrip(APPENDED + HYPHEN) if is_first else word["word"]
            if text.strip():
                pieces.append(_Piece(text, word["start"], word["end"], word["probability"]))
        seen += len(word["tokens"])
    return pieces


def _join_pieces(pieces: list[_Piece], *, is_spaced: bool) -> list[_Piece]:
    """Join marks and word parts to the word they belong to."""
    merged: list[_Piece] = []
    pending = ""
    for piece in pieces:
        text = piece.text.strip()
        if text and all(mark in PREPENDED for mark in text) and piece.text.startswith(" "):
            pending += text
        elif merged and text and _continues(piece.text, is_spaced=is_spaced):
            merged[-1].text = merged[-1].text.rstrip() + text
            merged[-1].end_s = piece.end_s
            merged[-1].probability = min(merged[-1].probability, piece.probability)
        else:
            lead = " " if piece.text.startswith(" ") else ""
            merged.append(
                _Piece(lead + pending + text, piece.start_s, piece.end_s, piece.probability)
            )
            pending = ""
    return merged


def _continues(text: str, *, is_spaced: bool) -> bool:
    if is_spaced:
        return not text.startswith(" ")
    return all(mark in APPENDED for mark in text.strip())


def _suppressed(tokenizer: Any) -> list[int]:
    from faster_whisper.transcribe import get_suppressed_tokens

    return list(get_suppressed_tokens(tokenizer, [-1]))


def spread_words(texts: list[str], span: Span) -> tuple[Word, ...]:
    """Place words by their length in letters over `span`."""
    weights = np.array([len(text) + 1 for text in texts], dtype=np.float64)
    edges = np.concatenate([[0.0], np.cumsum(weights)])
    edges = span.start + (edges / max(edges[-1], 1.0) * span.length).astype(int)
    return tuple(
        Word(text=text, span=Span(int(edges[i]), int(edges[i + 1]))) for i, text in enumerate(texts)
    )


def load(models_dir: Path, *, threads: int = 1) -> AsrModel:
    """Load whisper base.

    Raises:
        KnownError: The weights are missing.
    """
    return WhisperAsr(require(models_dir, INFO.backend_id), threads=threads)
