"""What keeps the real recognisers from inventing words, each guard by itself.

The decoder is made to misbehave at the edge of the library: it says a loop, never ends, or is in
doubt. Everything else is the real model.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from app.backends.asr import moonshine, whisper_ct2
from app.domain.ports import AsrRequest
from app.domain.units import SESSION_RATE_HZ
from app.lib.paths import SOURCE_ROOT, resolve_paths

pytestmark = pytest.mark.contract

MODELS_DIR = resolve_paths().models_dir
CLIP = SOURCE_ROOT / "tests" / "data" / "one_speaker.flac"
FULL = AsrRequest(wants_full_context=True, wants_word_times=True, beam_size=5)
CLOSED = AsrRequest(wants_word_times=True)
OPEN = AsrRequest(wants_word_times=True, is_open=True)


class Decoder:
    """CTranslate2's Whisper with another `generate`.

    Attributes:
        asked: The keyword arguments of each call.
    """

    def __init__(self, real, change):
        self._real = real
        self._change = change
        self.asked = []

    def __getattr__(self, name):
        return getattr(self._real, name)

    def generate(self, features, prompts, **options):
        self.asked.append({"prompt": list(prompts[0]), **options})
        outcome = self._change(len(self.asked), list(prompts[0]))
        return self._real.generate(features, prompts, **options) if outcome is None else [outcome]


def says(tokens, *, score=-0.1, no_speech=0.01):
    return SimpleNamespace(sequences_ids=[tokens], scores=[score], no_speech_prob=no_speech)


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return soundfile.read(CLIP, dtype="float32")[0][: 3 * SESSION_RATE_HZ]


@pytest.fixture(scope="module")
def loaded():
    if not (MODELS_DIR / whisper_ct2.INFO.backend_id).is_dir():
        pytest.skip("weights are not installed")
    return whisper_ct2.load(MODELS_DIR)


@pytest.fixture(scope="module")
def full_text(loaded, samples) -> str:
    """What full padding hears."""
    return text(loaded.transcribe(samples, replace(FULL, beam_size=1)))


@pytest.fixture
def whisper(loaded, monkeypatch):
    """The recogniser, and a way to change what its decoder says in each call (None: nothing)."""

    def changed(change=lambda number, prompt: None):
        decoder = Decoder(loaded._model.model, change)
        monkeypatch.setattr(loaded._model, "model", decoder)
        return decoder

    return SimpleNamespace(asr=loaded, changed=changed, tokens=loaded._tokenizer("en").encode)


def text(result) -> str:
    return " ".join(word.text for word in result.words)


def test_a_decode_has_room_for_twelve_tokens_a_second(whisper, samples):
    decoder = whisper.changed()

    whisper.asr.transcribe(samples, OPEN)

    (asked,) = decoder.asked
    room = asked["max_length"] - len(asked["prompt"])
    seconds = len(samples) / SESSION_RATE_HZ
    assert room <= 12 * seconds + 12


def test_moonshine_that_never_ends_is_stopped(samples, monkeypatch):
    if not (MODELS_DIR / moonshine.INFO.backend_id).is_dir():
        pytest.skip("weights are not installed")
    asr = moonshine.load(MODELS_DIR)
    monkeypatch.setattr(moonshine, "END_TOKEN", -1)
    generate = asr._generate
    said = []

    def generated(*asked):
        tokens, log_probabilities = generate(*asked)
        said.append(len(tokens))
        return tokens, log_probabilities

    monkeypatch.setattr(asr, "_generate", generated)

    asr.transcribe(samples[: 2 * SESSION_RATE_HZ], OPEN)

    assert said == [2 * 6.5 + 6]


def test_a_decode_that_ends_behind_its_prefix_while_speech_goes_on_listens_again(whisper, samples):
    settled = whisper.asr.transcribe(samples[:SESSION_RATE_HZ], OPEN).words[:2]
    prefix = " ".join(word.text for word in settled)
    request = replace(OPEN, prefix=prefix, prefix_samples=settled[-1].span.end)
    silent = says(whisper.tokens(f" {prefix}"))
    decoder = whisper.changed(lambda number, prompt: silent if number == 1 else None)

    result = whisper.asr.transcribe(samples, request)

    assert len(decoder.asked) == 2
    assert len(result.words) > 3
    assert all(word.span.middle >= request.prefix_samples for word in result.words)


def test_a_short_silence_behind_the_prefix_is_not_listened_to_again(whisper, samples):
    settled = whisper.asr.transcribe(samples[:SESSION_RATE_HZ], OPEN).words
    prefix = " ".join(word.text for word in settled)
    request = replace(OPEN, prefix=prefix, prefix_samples=settled[-1].span.end)
    silent = says(whisper.tokens(f" {prefix}"))
    decoder = whisper.changed(lambda number, prompt: silent)

    assert whisper.asr.transcribe(samples[: 2 * SESSION_RATE_HZ], request).words == ()
    assert len(decoder.asked) == 1


def test_an_end_that_stays_silent_is_heard_with_a_little_context(whisper, samples):
    settled = whisper.asr.transcribe(samples, CLOSED).words
    known = next(word for word in settled if word.span.end > 2.2 * SESSION_RATE_HZ)
    before = settled[: settled.index(known) + 1]
    prefix = " ".join(word.text for word in before)
    request = replace(OPEN, prefix=prefix, prefix_samples=known.span.end)
    whole = soundfile.read(CLIP, dtype="float32")[0][: 5 * SESSION_RATE_HZ]
    silent = says(whisper.tokens(f" {prefix}"))
    empty = says([])
    decoder = whisper.changed(lambda number, prompt: {1: silent, 2: empty}.get(number))

    result = whisper.asr.transcribe(whole, request)

    assert len(decoder.asked) == 3
    assert result.words
    assert all(word.span.middle >= request.prefix_samples for word in result.words)


@pytest.mark.parametrize("loop", [" thank you very much" * 3, "ba" * 60])
def test_a_loop_is_decoded_again_with_full_padding(whisper, samples, full_text, loop):
    whisper.changed(lambda number, prompt: says(whisper.tokens(loop)) if number == 1 else None)

    assert text(whisper.asr.transcribe(samples, CLOSED)) == full_text


def test_a_loop_in_open_speech_is_not_shown(whisper, samples):
    loop = whisper.tokens(" thank you very much" * 3)
    whisper.changed(lambda number, prompt: says(loop))

    assert whisper.asr.transcribe(samples, OPEN).words == ()


def test_a_decode_in_doubt_is_decoded_again_with_full_padding(whisper, samples, full_text):
    doubt = says(whisper.tokens(" perhaps somebody said that"), score=-1.9)
    whisper.changed(lambda number, prompt: doubt if number == 1 else None)

    assert text(whisper.asr.transcribe(samples, CLOSED)) == full_text


@pytest.mark.parametrize("request_", [OPEN, CLOSED, FULL])
def test_doubt_where_no_speech_is_likely_gives_no_words(whisper, samples, request_):
    doubt = says(whisper.tokens(" thanks for watching"), score=-1.9, no_speech=0.9)
    whisper.changed(lambda number, prompt: doubt)

    assert whisper.asr.transcribe(samples, request_).words == ()


def test_words_squeezed_on_the_last_moment_are_cut_off(whisper, samples, full_text):
    said = f" {full_text} and that is why the other people went home again"
    whisper.changed(lambda number, prompt: says(whisper.tokens(said)))

    heard = text(whisper.asr.transcribe(samples, OPEN))

    assert heard.startswith(full_text[:20])
    assert not heard.endswith("home again")


def test_a_full_decode_that_repeats_itself_is_left_out(whisper, samples):
    whisper.changed(lambda number, prompt: says(whisper.tokens(" so it is so it is" * 3)))

    assert whisper.asr.transcribe(samples, FULL).words == ()


def test_no_text_is_carried_from_one_window_to_the_next(whisper, samples):
    tokenizer = whisper.asr._tokenizer("en")
    begin, one_second = tokenizer.timestamp_begin, tokenizer.timestamp_begin + 50
    early = says([begin, *whisper.tokens(" hello there"), one_second, one_second])
    decoder = whisper.changed(lambda number, prompt: early if number == 1 else None)

    whisper.asr.transcribe(samples, FULL)

    assert len(decoder.asked) > 1
    assert all(tokenizer.sot_prev not in asked["prompt"] for asked in decoder.asked)


def test_without_guards_a_loop_is_written(whisper, samples):
    loop = " thank you very much" * 3
    decoder = whisper.changed(lambda number, prompt: says(whisper.tokens(loop)))

    heard = whisper.asr.transcribe(samples, replace(CLOSED, is_guarded=False))

    assert text(heard) == loop.strip()
    assert decoder.asked[0]["max_length"] == whisper.asr._model.max_length


def test_padded_input_is_thirty_seconds(whisper, samples, monkeypatch):
    lengths = []
    encode = whisper.asr._encode
    monkeypatch.setattr(
        whisper.asr,
        "_encode",
        lambda audio, input_s: lengths.append(input_s) or encode(audio, input_s),
    )

    whisper.asr.transcribe(samples, OPEN)
    whisper.asr.transcribe(samples, replace(OPEN, is_padded=True))

    assert lengths == [3.5, 30.0]


def test_a_second_try_for_the_captions_does_not_try_temperatures(whisper, samples):
    doubt = says(whisper.tokens(" perhaps somebody said that"), score=-1.9)
    doubtful = whisper.changed(lambda number, prompt: doubt)

    whisper.asr.transcribe(samples, CLOSED)
    for_the_captions = list(doubtful.asked)
    whisper.asr.transcribe(samples, FULL)

    assert len(for_the_captions) > 1
    assert not any(asked.get("sampling_temperature") for asked in for_the_captions)
    after = doubtful.asked[len(for_the_captions) :]
    assert any(asked.get("sampling_temperature") for asked in after)
