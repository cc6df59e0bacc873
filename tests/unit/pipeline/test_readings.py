"""Other readings of doubtful words, from short decodes that say several things."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from app.domain.ports import AsrRequest, AsrResult, Reading
from app.domain.units import to_samples
from app.pipeline.readings import (
    MAX_RUNS,
    SecondLooks,
    alternatives_of,
    doubtful_runs,
)
from tests.fakes.speech import make_words

pytestmark = pytest.mark.unit

FULL = AsrRequest(wants_full_context=True, wants_word_times=True, beam_size=5)
AUDIO = np.zeros(to_samples(12.0), dtype=np.float32)


def heard(text):
    """Words, those in brackets doubtful."""
    return tuple(
        replace(word, text=word.text.strip("[]"), probability=0.2 if "[" in word.text else 0.9)
        for word in make_words(text)
    )


@dataclass
class Recogniser:
    """Hears `text` at first, then says one more of `readings` at a time behind the prefix."""

    text: str
    readings: tuple[str, ...] = ()
    language: str = "en"
    asked: list[tuple[int, AsrRequest]] = field(default_factory=list)

    def transcribe(self, samples, request):
        self.asked.append((len(samples), request))
        if request.wants_full_context:
            return AsrResult(words=heard(self.text), language=self.language)
        first, *others = self.readings
        return AsrResult(
            words=make_words(first),
            language=self.language,
            mean_log_probability=-0.1,
            alternatives=tuple(
                (f"{request.prefix} {text}".strip(), -0.2 - i) for i, text in enumerate(others)
            ),
        )


def found(recogniser, request=FULL):
    result = SecondLooks(recogniser).transcribe(AUDIO, request)
    return [(" ".join(w.text for w in r.words), r.text, r.score) for r in result.readings]


def test_a_doubtful_word_gets_what_else_may_have_been_said():
    recogniser = Recogniser("in my [steam] nor", ("steam nor", "esteem nor", "stream nor"))

    assert found(recogniser) == [("steam", "esteem", -0.2), ("steam", "stream", -1.2)]


def test_the_words_before_are_forced_and_little_is_decoded():
    recogniser = Recogniser("a b c d e f g h i [j] k l m n o p q r", ("j k l",))

    found(recogniser)

    (_, (length, request)) = recogniser.asked
    assert request.prefix == "d e f g h i"
    assert request.beam_size > 1
    assert length < to_samples(5.0)
    assert request.prefix_samples == to_samples(2.45)


def test_sure_words_cost_no_second_decode():
    recogniser = Recogniser("all of this is sure")

    assert found(recogniser) == []
    assert len(recogniser.asked) == 1


@pytest.mark.parametrize("request_", [AsrRequest(), replace(FULL, is_open=True)])
def test_only_full_decodes_of_closed_speech_are_looked_at_again(request_):
    recogniser = Recogniser("in my [steam] nor", ("esteem nor",))
    recogniser.transcribe = lambda samples, request: AsrResult(
        words=heard(recogniser.text), language="en"
    )

    assert found(recogniser, request_) == []


def test_languages_without_blanks_are_left_alone():
    recogniser = Recogniser("[steam] nor", ("esteem nor",), language="ja")

    assert found(recogniser) == []
    assert len(recogniser.asked) == 1


@pytest.mark.parametrize(
    "reading",
    [
        "Steam, nor",  # the same letters
        "",  # nothing
        "that is quite another sentence nor",
        "one two three",  # never comes back to what was heard
    ],
)
def test_what_is_no_other_reading_is_left_out(reading):
    assert found(Recogniser("in my [steam] nor secure", (reading,))) == []


def test_a_reading_may_take_the_next_word_with_it_and_words_in_common_are_left_out():
    assert found(Recogniser("go [any] said he left", ("annie set he left",))) == [
        ("any said", "annie set", -0.1)
    ]
    assert found(Recogniser("go [he] [is] so good", ("she is so good",))) == [("he", "she", -0.1)]


def test_the_last_word_has_readings_too():
    assert found(Recogniser("we leave on [Mundy.]", ("Monday.",))) == [("Mundy.", "Monday.", -0.1)]


def test_neighbours_in_doubt_are_one_run_and_the_most_doubtful_runs_come_first():
    words = heard("a [b] [c] d [e] f [g] h [i] j [k] l [m] n [o] p [q]")
    words = (*words[:4], replace(words[4], probability=0.45), *words[5:])

    runs = doubtful_runs(words)

    assert runs[0] == (1, 3)
    assert len(runs) == MAX_RUNS
    assert (4, 5) not in runs
    assert runs == sorted(runs)


def test_a_segment_offers_its_text_with_each_reading_in_place():
    words = heard("in my [steam] nor [secure]")
    readings = (
        Reading(words=words[4:], text="sicker", score=-0.5),
        Reading(words=words[2:3], text="esteem", score=-0.2),
        Reading(words=heard("gone")[:1], text="lost", score=-0.1),
    )

    assert alternatives_of(words, readings) == (
        ("in my esteem nor secure", -0.2),
        ("in my steam nor sicker", -0.5),
    )
    assert alternatives_of(words[:2], readings) == ()
