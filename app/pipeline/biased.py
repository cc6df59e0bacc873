"""A recogniser that knows the user's terms: it listens twice where one may have been said."""

from __future__ import annotations

from dataclasses import replace

from app.domain.messages import Float32Array
from app.domain.ports import AsrModel, AsrRequest, AsrResult
from app.domain.transcript import join_words
from app.pipeline.terms import TermFinder


class BiasedAsr:
    """Wraps a recogniser; as stateless as the recogniser is.

    Terms in the prompt of every decode cost words elsewhere, and a thousand do not fit. So the
    first decode runs without any; only terms that sound like something in it are hints of the
    second, whose words count only where they write a term and the first has what sounds like it.
    """

    def __init__(self, asr: AsrModel, finder: TermFinder) -> None:
        self._asr = asr
        self._finder = finder

    def transcribe(self, samples: Float32Array, request: AsrRequest) -> AsrResult:
        """See `AsrModel.transcribe`; `request.hotwords` are used as they are."""
        first = self._asr.transcribe(samples, request)
        is_english = first.language in ("en", None)
        result = first
        # While the speech goes on there is no time for it.
        hints = self._finder.hints(first.words) if is_english and not request.is_open else ()
        if hints:
            hotwords = (*request.hotwords, *(hint.text for hint in hints))
            second = self._asr.transcribe(samples, replace(request, hotwords=hotwords))
            result = replace(first, words=self._finder.confirm(first.words, second.words))
        words = self._finder.put(result.words, by_sound=is_english)
        if words == first.words:
            return result
        # What was heard before the terms stays on offer.
        heard = join_words(first.words, first.language)
        others = tuple(other for other in first.alternatives if other[0] != heard)
        score = first.mean_log_probability
        return replace(
            result,
            words=words,
            alternatives=others if score is None else ((heard, score), *others),
        )
