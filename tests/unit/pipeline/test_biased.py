from dataclasses import dataclass, field

import numpy as np
import pytest

from app.domain.messages import Word
from app.domain.ports import AsrRequest, AsrResult
from app.domain.units import Span
from app.domain.vocabulary import VocabularyTerm
from app.pipeline.biased import BiasedAsr
from app.pipeline.terms import TermFinder

pytestmark = pytest.mark.unit

SOUND = np.zeros(16_000, dtype=np.float32)


@dataclass
class ScriptedAsr:
    """Says one thing without hints, another with them."""

    plain: str
    hinted: str = "never asked"
    language: str = "en"
    requests: list[AsrRequest] = field(default_factory=list)

    def transcribe(self, samples, request):
        self.requests.append(request)
        text = self.hinted if request.hotwords else self.plain
        words = tuple(
            Word(text=part, span=Span(i * 100, i * 100 + 90), probability=0.5)
            for i, part in enumerate(text.split())
        )
        return AsrResult(
            words=words,
            language=self.language,
            mean_log_probability=-0.4,
            alternatives=(("take the doze", -0.7),),
        )


def say(asr: ScriptedAsr, *terms: str, **request) -> str:
    finder = TermFinder(
        [VocabularyTerm(text=term) for term in terms],
        common_words=frozenset({"matter", "pro", "law", "take", "the", "dose"}),
    )
    result = BiasedAsr(asr, finder).transcribe(SOUND, AsrRequest(**request))
    return " ".join(word.text for word in result.words)


def test_a_term_that_may_have_been_said_is_listened_for():
    asr = ScriptedAsr("take the matter pro law dose", "take the Metoprolol dose")

    assert say(asr, "Metoprolol", "Kubernetes") == "take the Metoprolol dose"
    assert [request.hotwords for request in asr.requests] == [(), ("Metoprolol",)]


def test_other_words_of_the_second_decode_do_not_count():
    asr = ScriptedAsr("take the matter pro law dose", "Shake that Metoprolol nose thing")

    assert say(asr, "Metoprolol") == "take the Metoprolol dose"


def test_a_term_that_nothing_sounds_like_is_not_believed():
    asr = ScriptedAsr("take the matter pro law dose", "take the matter pro law Metoprolol dose")

    assert say(asr, "Metoprolol") == "take the matter pro law dose"


def test_without_anything_alike_one_decode_is_enough():
    asr = ScriptedAsr("take the dose")

    assert say(asr, "Metoprolol") == "take the dose"
    assert len(asr.requests) == 1


def test_while_the_speech_goes_on_there_is_one_decode():
    asr = ScriptedAsr("take the zephyrics dose")

    assert say(asr, "Zephyrix", is_open=True) == "take the Zephyrix dose"
    assert len(asr.requests) == 1


def test_what_was_heard_before_a_term_was_put_in_stays_on_offer():
    finder = TermFinder([VocabularyTerm(text="Zephyrix")])
    asr = BiasedAsr(ScriptedAsr("take zephyrics", "take Zephyrix"), finder)
    plain = BiasedAsr(ScriptedAsr("take the dose"), finder)

    changed = asr.transcribe(SOUND, AsrRequest())
    kept = plain.transcribe(SOUND, AsrRequest())

    assert changed.alternatives == (("take zephyrics", -0.4), ("take the doze", -0.7))
    assert kept.alternatives == (("take the doze", -0.7),)


def test_another_language_is_not_read_by_english_rules():
    asr = ScriptedAsr("die zephyrics data dog", language="de")

    assert say(asr, "Zephyrix", "Datadog") == "die zephyrics Datadog"
    assert len(asr.requests) == 1
