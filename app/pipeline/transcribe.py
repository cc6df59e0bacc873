"""When to decode what of an utterance, and which words are final.

The final recogniser runs every `step_s` over the open window with the words that are already final
as a forced prefix: it hears their audio, may not change them, and says what follows. A word is
final once `hold_s` of audio behind it has been heard. So the delay from the end of a word to its
final text is at most hold + step + computing time. Forced-prefix decoding under a time rule:
after Simul-Whisper (arXiv 2406.10052); the time rule and the window are ours.

What follows the final words is the tail. The final recogniser's unsettled words begin it, and the
partial recogniser, with all but the newest of them forced, only adds to it: so the text on the
screen moves at its end alone, until the final recogniser knows better.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from app.domain.ids import StreamId
from app.domain.messages import Word
from app.domain.session import OperatingPoint
from app.domain.transcript import join_words
from app.domain.units import Span, to_samples
from app.pipeline.numbers import goes_on, may_go_on


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamingParameters:
    """The rhythm of one operating point, in seconds of audio.

    Attributes:
        step_s: From one final decode to the next; 0 decodes closed utterances only.
        hold_s: Right context that a word needs to be final.
        deadline_s: A word that two successive decodes agree on is final; one that they do not
            agree on is so when the next decode would come later than this behind its end.
        max_window_s: Longer windows lose their oldest words, or what holds no word.
        keep_s: What is left of such a window.
        stall_s: Speech without a new word for this long is decoded afresh, without the prefix.
        partial_step_s: From one decode of the partial recogniser to the next.
        is_steady: The tail only grows until the final recogniser settles it; without, each decode
            puts another in its place.
    """

    step_s: float
    hold_s: float
    deadline_s: float = 0.0
    max_window_s: float = 10.0
    keep_s: float = 5.0
    stall_s: float = 1.5
    partial_step_s: float = 0.3
    is_steady: bool = True


MIN_SHOWN_PROBABILITY = 0.8
"""The tail ends before the first word that its recogniser is less sure of; see measurements.md."""
CLOSING_MARKS = ".,!?;:"

STREAMING: dict[OperatingPoint, StreamingParameters] = {
    OperatingPoint.LIVE: StreamingParameters(step_s=0.35, hold_s=0.15, deadline_s=0.75),
    OperatingPoint.BALANCED: StreamingParameters(step_s=0.6, hold_s=0.5, deadline_s=1.7),
    OperatingPoint.ACCURATE: StreamingParameters(
        step_s=1.2, hold_s=1.0, deadline_s=3.6, max_window_s=14.0
    ),
    OperatingPoint.FINAL: StreamingParameters(step_s=0.0, hold_s=0.0),
}
"""Chosen so that the deadline and the computing time stay below the promise of the point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodePlan:
    """One call of a recogniser.

    Attributes:
        window: What to decode, in session samples.
        prefix: Final words inside the window, forced.
        prefix_end: Where the last of them ends.
        is_last: The utterance is closed; everything becomes final.
    """

    stream: StreamId
    utterance: str
    window: Span
    prefix: str
    prefix_end: int
    is_last: bool


class UtteranceTranscriber:
    """The state of one utterance, from its opening to its last final word. Not thread-safe.

    Words before `known_until` are said already, by an engine that ended: they are context here.
    """

    def __init__(
        self,
        stream: StreamId,
        start: int,
        parameters: StreamingParameters,
        *,
        language: str | None = "en",
        known_until: int = 0,
    ) -> None:
        self.stream = stream
        self.start = start
        self.utterance = f"{stream}-{max(start, known_until)}"
        self.language = language
        self.alternatives: tuple[tuple[str, float], ...] = ()
        self._parameters = parameters
        self._anchor = start
        self._known_until = known_until
        self._passed = max(start, known_until)
        self._next_step = start + to_samples(parameters.step_s + parameters.hold_s)
        self._next_partial = start + to_samples(0.5)
        self._final_words: list[Word] = []
        self._released_count = 0
        self._unsettled: list[str] = []
        self._tail: tuple[Word, ...] = ()
        self._last_progress = start
        self._end: int | None = None
        self.is_done = False

    @property
    def final_until(self) -> int:
        """The sample before which every word is settled."""
        last = self._final_words[-1].span.end if self._final_words else self._passed
        return max(last, self._passed)

    @property
    def released_until(self) -> int:
        """The sample before which nothing more will be said."""
        waiting = self.waiting
        return min(self.final_until, waiting[0].span.start) if waiting else self.final_until

    @property
    def waiting(self) -> tuple[Word, ...]:
        """Words that are settled and not released yet."""
        return tuple(self._final_words[self._released_count :])

    @property
    def tail(self) -> tuple[Word, ...]:
        """What is said behind the settled words, as far as is known; it may change."""
        return self._tail

    @property
    def is_over(self) -> bool:
        """Whether everything is settled and released."""
        return self.is_done and not self.waiting

    def use(self, parameters: StreamingParameters) -> None:
        """Go on at another rhythm."""
        self._parameters = parameters

    @property
    def is_closed(self) -> bool:
        """Whether the end of the utterance is known."""
        return self._end is not None

    def close(self, end: int) -> None:
        """The utterance ends at `end`: its last decode may be planned."""
        self._end = end

    def plan_final(self, now: int, *, is_realtime: bool) -> DecodePlan | None:
        """The next decode of the final recogniser, if its audio is there.

        Args:
            now: Samples that surely belong to the utterance, or all that were heard.
            is_realtime: Skip steps that are overdue; else take every step at its own sample, so
                that the result does not depend on the size of the feed.
        """
        if self.is_done:
            return None
        step = to_samples(self._parameters.step_s)
        if step and self._next_step <= now and (self._end is None or self._next_step < self._end):
            at = self._next_step
            if is_realtime and now - at > step:
                at += (now - at) // step * step
                if self._end is not None:
                    at = min(at, self._end)
            if self._end is None or at < self._end:
                return self._plan(at, is_last=False)
        if self._end is not None:
            return self._plan(self._end, is_last=True)
        return None

    def plan_partial(self, now: int, *, step_s: float) -> DecodePlan | None:
        """The next decode of the partial recogniser, if one is due."""
        if self._end is not None or now < self._next_partial:
            return None
        self._next_partial = now + to_samples(step_s)
        return self._plan(
            now, is_last=False, behind=self._tail if self._parameters.is_steady else ()
        )

    def accept_final(
        self, plan: DecodePlan, words: tuple[Word, ...], *, settle_until: int | None = None
    ) -> tuple[Word, ...]:
        """Take the final recogniser's words behind the prefix; returns those it settles.

        They wait for their release from then on.

        Args:
            words: In session samples.
            settle_until: Words that end before this sample cannot wait for another decode to keep
                the promise; None takes the rhythm's deadline, which knows nothing of the time
                that decoding costs.
        """
        p = self._parameters
        self._next_step = plan.window.end + to_samples(p.step_s)
        limit = plan.window.end - to_samples(p.hold_s)
        latest = settle_until
        if latest is None:
            latest = plan.window.end + to_samples(p.step_s - p.deadline_s)
        count = 0
        for word, agreed in itertools.zip_longest(words, self._unsettled[: len(words)]):
            is_ripe = word.span.end <= limit and (agreed == _bare(word) or word.span.end <= latest)
            if not (plan.is_last or is_ripe):
                break
            count += 1
        while count and not plan.is_last and _is_open_number(words, count, latest):
            count -= 1
        fresh: list[Word] = []
        for word in words[:count]:
            fresh.append(self._after_last(word, fresh))
        rest = words[len(fresh) :]
        self._unsettled = [_bare(word) for word in rest]
        self._tail = self._merge(plan, fresh, rest)
        known = [word for word in fresh if word.span.middle >= self._known_until]
        if fresh:
            # Words that an engine before this one said are context, never released.
            self._released_count += len(fresh) - len(known)
            self._final_words.extend(fresh)
            self._last_progress = plan.window.end
        if plan.is_last:
            self.is_done = True
        else:
            self._restart_if_stalled(plan)
            self._shorten(plan.window.end)
        return tuple(known)

    def accept_partial(self, plan: DecodePlan, words: tuple[Word, ...]) -> None:
        """Take the partial recogniser's words behind its prefix: they go on with the tail.

        Args:
            words: In session samples; their probability is not shown, since it is not calibrated.
        """
        is_steady = self._parameters.is_steady
        added = [
            replace(word, probability=None)
            for word in (_sure(words) if is_steady else words)
            if word.span.middle >= self._known_until and _bare(word)
        ]
        if added:
            # The recogniser closes the sentence where the audio ends.
            newest = added[-1].text.rstrip(CLOSING_MARKS) or added[-1].text
            added[-1] = replace(added[-1], text=newest)
            self._tail = (*self._tail, *added) if is_steady else tuple(added)

    def release(self, until: int | None = None) -> tuple[Word, ...]:
        """Settled words that end before `until` (None: all), in order; each is given out once.

        A number goes out whole, with its first word.
        """
        waiting = self.waiting
        count = len(waiting)
        if until is not None:
            count = next((i for i, w in enumerate(waiting) if w.span.end > until), count)
        while 0 < count < len(waiting) and goes_on(waiting[count - 1].text, waiting[count].text):
            count += 1
        self._released_count += count
        return waiting[:count]

    def give_up(self, plan: DecodePlan) -> Span:
        """A decode failed: go on behind its window; returns the part that stays without words."""
        lost = Span(min(self.final_until, plan.window.end), plan.window.end)
        self._next_step = plan.window.end + to_samples(self._parameters.step_s)
        self._anchor = self._passed = self._last_progress = plan.window.end
        self._unsettled = []
        self._tail = ()
        self.is_done = plan.is_last
        return lost

    def _merge(
        self, plan: DecodePlan, fresh: list[Word], rest: tuple[Word, ...]
    ) -> tuple[Word, ...]:
        """The new tail: what stands there, unless settled words say otherwise.

        Unsettled words only add to it: they are no better than what is shown until a second
        decode agrees.
        """
        if plan.is_last:
            return ()
        unsaid = tuple(word for word in rest if word.span.middle >= self._known_until)
        if not self._parameters.is_steady:
            return unsaid
        shown = [_bare(word) for word in self._tail]
        if shown[: len(fresh)] != [_bare(word) for word in fresh]:
            return _sure(unsaid)
        kept = self._tail[len(fresh) :]
        if [_bare(word) for word in kept] == [_bare(word) for word in unsaid[: len(kept)]]:
            return (*kept, *_sure(unsaid[len(kept) :]))
        return kept

    def _plan(self, end: int, *, is_last: bool, behind: tuple[Word, ...] = ()) -> DecodePlan:
        settled = self._final_words[len(self._final_words) - self._window_words_now() :]
        inside = [*settled, *behind]
        return DecodePlan(
            stream=self.stream,
            utterance=self.utterance,
            window=Span(self._anchor, max(end, self._anchor)),
            prefix=join_words(inside, self.language),
            prefix_end=inside[-1].span.end if inside else self._anchor,
            is_last=is_last,
        )

    def _window_words_now(self) -> int:
        count = 0
        for word in reversed(self._final_words):
            if word.span.middle < self._anchor:
                break
            count += 1
        return count

    def _after_last(self, word: Word, fresh: list[Word]) -> Word:
        """`word`, never starting before its predecessor ends."""
        previous = fresh[-1] if fresh else (self._final_words[-1] if self._final_words else None)
        if previous is None or word.span.start >= previous.span.end:
            return word
        start = previous.span.end
        return replace(word, span=Span(start, max(word.span.end, start)))

    def _restart_if_stalled(self, plan: DecodePlan) -> None:
        """Speech goes on but no word comes: drop the prefix, listen from the last word on."""
        stalled = plan.window.end - max(self._last_progress, self.final_until)
        if stalled >= to_samples(self._parameters.stall_s) and plan.prefix:
            self._anchor = self.final_until
            self._last_progress = plan.window.end

    def _shorten(self, now: int) -> None:
        """Move the window's start to the widest gap between final words, `keep_s` back at most.

        A window that has no final word so late is moved all the same: nothing is said in it.
        """
        p = self._parameters
        if now - self._anchor <= to_samples(p.max_window_s):
            return
        earliest = now - to_samples(p.keep_s)
        words = self._final_words[-40:]
        best, best_gap = max(self.final_until, earliest), -1
        for left, right in itertools.pairwise(words):
            gap = right.span.start - left.span.end
            if left.span.end >= earliest and gap >= best_gap:
                best, best_gap = (left.span.end + right.span.start) // 2, gap
        self._anchor = max(best, self._anchor)
        if self._anchor > self.final_until:
            self._passed = self._anchor


def _is_open_number(words: tuple[Word, ...], count: int, latest: int) -> bool:
    """Whether the words before `count` end in a number that may go on, and that can wait."""
    last = words[count - 1]
    if last.span.end <= latest:
        return False
    if count == len(words):
        return may_go_on(last.text)
    return goes_on(last.text, words[count].text)


def _sure(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """`words` up to the first that the recogniser is not sure of."""
    for i, word in enumerate(words):
        if word.probability is not None and word.probability < MIN_SHOWN_PROBABILITY:
            return words[:i]
    return words


def _bare(word: Word) -> str:
    """What two hypotheses must agree on: the letters, not marks or case."""
    return "".join(character for character in word.text.casefold() if character.isalnum())
