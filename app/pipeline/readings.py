"""Other readings of doubtful words: a few seconds around each are decoded again, n best at once.

The decode of the whole stretch gives one text. What else may have been said shows a beam search
that begins at the doubtful word, with the words before it forced; it is short, so it is cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from app.domain.messages import Float32Array, Word
from app.domain.ports import AsrModel, AsrRequest, AsrResult, Reading
from app.domain.transcript import UNSPACED_LANGUAGES, join_words
from app.domain.units import Span, to_samples
from app.pipeline.terms import bare

LOOK_BELOW = 0.5
"""Words to which the recogniser itself gives less are looked at again."""
MAX_RUNS = 4
"""Looked at per decode, the most doubtful ones: a stretch that is all doubt has no answer."""
MAX_RUN_WORDS = 4
MAX_READINGS = 4
LEAD_S = 2.5
"""Heard and forced before the doubtful words."""
MARGIN_S = 0.15
"""Before the first word of the lead, whose time may be late."""
TRAIL_S = 1.2
"""Heard behind them: it says where a reading ends."""
BEAM_SIZE = 5
MAX_FURTHER_WORDS = 1
"""Readings may differ in so many words behind the doubtful ones too."""
MAX_EXTRA_WORDS = 2
"""Readings have at most so many words more than were heard: longer ones are another sentence."""


class SecondLooks:
    """Wraps a recogniser and adds readings to what it decodes with full context.

    As stateless as the recogniser is. Languages without blanks between words get none.
    """

    def __init__(self, asr: AsrModel) -> None:
        self._asr = asr

    def transcribe(self, samples: Float32Array, request: AsrRequest) -> AsrResult:
        """See `AsrModel.transcribe`."""
        result = self._asr.transcribe(samples, request)
        is_spaced = result.language not in UNSPACED_LANGUAGES
        if not request.wants_full_context or request.is_open or not is_spaced:
            return result
        readings = [
            reading
            for first, end in doubtful_runs(result.words)
            for reading in self._look(samples, result, first, end)
        ]
        return replace(result, readings=tuple(readings))

    def _look(
        self, samples: Float32Array, result: AsrResult, first: int, end: int
    ) -> tuple[Reading, ...]:
        words = result.words
        lead_from = words[first].span.start - to_samples(LEAD_S)
        lead = first
        while lead and words[lead - 1].span.start >= lead_from:
            lead -= 1
        start = max(0, words[lead].span.start - to_samples(MARGIN_S))
        window = Span(start, min(len(samples), words[end - 1].span.end + to_samples(TRAIL_S)))
        before = words[lead:first]
        found = self._asr.transcribe(
            samples[window.start : window.end],
            AsrRequest(
                language=result.language,
                beam_size=BEAM_SIZE,
                prefix=join_words(before, result.language),
                prefix_samples=before[-1].span.end - start if before else 0,
                is_open=True,
            ),
        )
        best = " ".join(word.text for word in (*before, *found.words))
        texts = [(best, found.mean_log_probability), *found.alternatives]
        heard = [word.text for word in words[lead:] if word.span.start < window.end]
        return readings_of(words, first, end, heard, lead, texts)


def doubtful_runs(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Where doubtful words follow each other, as (first, end); the most doubtful runs, in order."""
    runs: list[tuple[int, int]] = []
    for i, word in enumerate(words):
        if word.probability is None or word.probability >= LOOK_BELOW:
            continue
        if runs and runs[-1][1] == i and i - runs[-1][0] < MAX_RUN_WORDS:
            runs[-1] = (runs[-1][0], i + 1)
        else:
            runs.append((i, i + 1))

    def doubt(run: tuple[int, int]) -> float:
        return min(word.probability or 0.0 for word in words[run[0] : run[1]])

    return sorted(sorted(runs, key=doubt)[:MAX_RUNS])


def readings_of(
    words: Sequence[Word],
    first: int,
    end: int,
    heard: Sequence[str],
    lead: int,
    texts: Sequence[tuple[str, float | None]],
) -> tuple[Reading, ...]:
    """What decodes of a stretch say in the place of `words[first:end]`, best first.

    Args:
        heard: The text of `words` from `lead` on, as far as the stretch was heard.
        texts: Whole readings of the stretch, with their log probabilities.
    """
    old = [bare(text) for text in heard]
    found: dict[str, Reading] = {}
    for text, score in texts:
        new = text.split()
        place = _replaced(old, [bare(word) for word in new], first - lead, end - lead)
        if place is None or score is None:
            continue
        old_end, new_end = place
        said, was = _trimmed(new[first - lead : new_end], words[first : lead + old_end])
        text = " ".join(said)
        is_short = len(said) <= len(was) + MAX_EXTRA_WORDS
        if was and is_short and bare(text) and bare(text) != bare(" ".join(w.text for w in was)):
            found.setdefault(bare(text), Reading(words=was, text=text, score=score))
    return tuple(found.values())[:MAX_READINGS]


def _replaced(
    old: Sequence[str], new: Sequence[str], first: int, end: int
) -> tuple[int, int] | None:
    """Where in `old`, and where in `new`, ends what stands for `old[first:end]` and begins there.

    None where the words before differ, or nothing behind them agrees again; at the end of `old`,
    all of `new` counts.
    """
    if list(old[:first]) != list(new[:first]):
        return None
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    block = next(block for block in blocks if not block.size or block.a + block.size > end)
    if not block.size and len(old) > end:
        return None
    old_end = max(end, block.a)
    return (old_end, block.b + old_end - block.a) if old_end - end <= MAX_FURTHER_WORDS else None


def _trimmed(said: Sequence[str], was: Sequence[Word]) -> tuple[Sequence[str], tuple[Word, ...]]:
    """Both without the words that they begin and end with in common."""
    first = 0
    while first < min(len(said), len(was)) and bare(said[first]) == bare(was[first].text):
        first += 1
    said, was = said[first:], was[first:]
    while said and was and bare(said[-1]) == bare(was[-1].text):
        said, was = said[:-1], was[:-1]
    return said, tuple(was)


def alternatives_of(
    words: Sequence[Word], readings: Sequence[Reading]
) -> tuple[tuple[str, float], ...]:
    """Whole texts of a segment with each reading in its place, and the readings' scores.

    Readings of words that are not in the segment as they were heard are left out.
    """
    found: list[tuple[str, float]] = []
    for reading in readings:
        count = len(reading.words)
        for at in range(len(words) - count + 1):
            if _are_same(words[at : at + count], reading.words):
                texts = [word.text for word in words]
                texts[at : at + count] = [reading.text]
                found.append((" ".join(texts), reading.score))
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def _are_same(words: Sequence[Word], others: Sequence[Word]) -> bool:
    """Whether the same is said at the same time, however sure."""
    return all((a.text, a.span) == (b.text, b.span) for a, b in zip(words, others, strict=True))
