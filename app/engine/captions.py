"""What is said so far: open utterances, which to decode next, and when their words are released.

Settled words wait until the promised delay has passed since they were spoken, so that final text
comes evenly; meanwhile they stand at the head of the unfinished text as committed. Not
thread-safe: the session calls everything here under its lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from app.domain.ids import SegmentId, StreamId
from app.domain.messages import SegmentUpdate, SpeechSpan, Word
from app.domain.session import MAX_PADDING_S, OperatingPoint, Part, SessionConfig
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.engine.confidence import LIVE, curve_of
from app.engine.governor import Relief
from app.engine.models import for_language
from app.pipeline.assemble import Assembler
from app.pipeline.attribute import attribute
from app.pipeline.transcribe import (
    STREAMING,
    DecodePlan,
    StreamingParameters,
    UtteranceTranscriber,
)

RELEASE_MARGIN_S = 0.2
"""Words are released this much before the promise ends: a release and its way take time."""
RELEASE_TOGETHER_S = 0.25
"""Words that are due within this time are released with the first of them."""
PERIOD_WEIGHT = 0.3
"""Of the newest measurement in the mean time from one decode of a stream to the next."""
MIN_PARTIAL_STEP_S = 0.3
VOICE_WORDS = 3
"""Unfinished text is shown as the voice of its newest words: asking for every word is dear."""
OBSERVED_WORDS = 100
"""The newest ones, whose delay is told."""

Heard = Callable[
    [StreamId, tuple[Word, ...], int | None], tuple[list[dict[int, float]], int | None]
]
"""Who was heard during each word, chain id → share; and the chain before them as it is called now.
"""
Repeated = Callable[[tuple[SegmentUpdate, ...]], Iterable[SegmentId]]
"""The final segments that only repeat another stream."""


@dataclass(slots=True)
class _Stream:
    utterances: deque[UtteranceTranscriber] = field(default_factory=deque)
    last_chain: int | None = None
    period_s: float = 0.0
    last_result: int | None = None


class Captions:
    """The text of every stream of one session.

    Args:
        heard: Asks the diarizer.
        repeated: Asks the echo stage.
    """

    def __init__(
        self, config: SessionConfig, assembler: Assembler, heard: Heard, repeated: Repeated
    ) -> None:
        self._config = config
        self._assembler = assembler
        self._heard = heard
        self._repeated = repeated
        recogniser = for_language(config.models, config.language).asr_final
        self._confidence = curve_of(recogniser, LIVE)
        self._streaming = self._rhythm()
        self._streams = {stream: _Stream() for stream in config.streams}
        self._relief = Relief.NONE
        self._delays: deque[int] = deque(maxlen=OBSERVED_WORDS)

    @property
    def is_over(self) -> bool:
        """Whether nothing waits, to be decoded or to be released."""
        return all(u.is_over for s in self._streams.values() for u in s.utterances)

    @property
    def is_decoded(self) -> bool:
        """Whether no utterance waits for the recogniser."""
        return all(u.is_done for s in self._streams.values() for u in s.utterances)

    @property
    def observed_s(self) -> float | None:
        """The delay of final text that 95 % of the newest words kept; None before the first."""
        if not self._delays:
            return None
        return sorted(self._delays)[(len(self._delays) - 1) * 95 // 100] / SESSION_RATE_HZ

    def use_point(self, point: OperatingPoint) -> None:
        """Go on at another operating point; open utterances too."""
        self._config = replace(self._config, point=point)
        self._delays.clear()
        self._set_rhythm()

    def relieve(self, relief: Relief) -> None:
        """Leave out what the governor says."""
        self._relief = relief
        self._set_rhythm()

    def hear(self, stream: StreamId, closed: Iterable[SpeechSpan], is_open: Span | None) -> None:
        """Speech of a stream: utterances that ended, and the one that goes on."""
        queue = self._streams[stream].utterances
        for span in closed:
            if not queue or queue[-1].is_closed:
                queue.append(self._utterance(stream, span.span.start))
            queue[-1].close(span.span.end)
        if is_open is not None and (not queue or queue[-1].is_closed):
            queue.append(self._utterance(stream, is_open.start))

    def next_final(self, sure: Mapping[StreamId, int]) -> DecodePlan | None:
        """The most overdue final decode.

        Args:
            sure: Per stream, the samples that surely belong to its open utterance.
        """
        plans = []
        for stream in self._streams:
            utterance = self._being_decoded(stream)
            if utterance is not None:
                plan = utterance.plan_final(sure[stream], is_realtime=self._config.is_realtime)
                if plan is not None:
                    plans.append(plan)
        return min(plans, key=lambda plan: plan.window.end, default=None)

    def next_partial(self, fed: Mapping[StreamId, int], *, cost_s: float) -> DecodePlan | None:
        """The next decode of the partial recogniser, if one is due.

        Args:
            fed: Per stream, the samples that were heard; streams left out have none.
            cost_s: What such a decode takes; it may use a third of the time.
        """
        if self._relief >= Relief.NO_PARTIALS:
            return None
        step_s = max(MIN_PARTIAL_STEP_S, 3.0 * cost_s)
        if self._relief >= Relief.FEWER_PARTIALS:
            step_s *= 2
        for stream in self._streams:
            utterance = self._being_decoded(stream)
            if utterance is not None and stream in fed:
                plan = utterance.plan_partial(fed[stream], step_s=step_s)
                if plan is not None:
                    return plan
        return None

    def utterance_of(self, plan: DecodePlan) -> UtteranceTranscriber:
        """The utterance that a plan is about."""
        queue = self._streams[plan.stream].utterances
        return next(u for u in queue if u.utterance == plan.utterance)

    def accept_final(
        self,
        plan: DecodePlan,
        words: tuple[Word, ...],
        now: int,
        alternatives: tuple[tuple[str, float], ...] = (),
    ) -> tuple[SegmentUpdate, ...]:
        """Take what the final recogniser heard.

        Args:
            words: In session samples.
            now: What is being said at this moment, in session samples.
        """
        utterance = self.utterance_of(plan)
        settle_until = None
        delay_s = self._config.point.delay_s
        if self._config.is_realtime and delay_s is not None:
            next_result = now + to_samples(self._period_s(plan, now))
            settle_until = next_result - to_samples(delay_s - RELEASE_MARGIN_S)
        utterance.accept_final(plan, words, settle_until=settle_until)
        utterance.alternatives = alternatives
        return (*self.release(plan.stream, now), *self._show(utterance))

    def accept_partial(
        self, plan: DecodePlan, words: tuple[Word, ...]
    ) -> tuple[SegmentUpdate, ...]:
        """Take what the partial recogniser heard, in session samples."""
        utterance = self.utterance_of(plan)
        utterance.accept_partial(plan, words)
        return self._show(utterance)

    def give_up(self, plan: DecodePlan) -> tuple[Span, tuple[SegmentUpdate, ...]]:
        """A final decode failed; returns the part that stays without words."""
        utterance = self.utterance_of(plan)
        lost = utterance.give_up(plan)
        return lost, (*self._release(utterance, None), *self._show(utterance))

    def release(self, stream: StreamId, now: int) -> tuple[SegmentUpdate, ...]:
        """Make final what is due at `now`."""
        updates: list[SegmentUpdate] = []
        queue = self._streams[stream].utterances
        for utterance in tuple(queue):
            due = self._due(utterance)
            if due is None or due <= now:
                until = self._spoken_before(now + to_samples(RELEASE_TOGETHER_S))
                updates += self._release(utterance, until, now=now)
            if not utterance.is_over:
                break
            queue.popleft()
        return tuple(updates)

    def due(self, stream: StreamId) -> int | None:
        """The sample at which the next settled word of a stream is to be released, if any waits."""
        for utterance in self._streams[stream].utterances:
            due = self._due(utterance)
            if due is not None:
                return due
        return None

    def final_until(self, stream: StreamId) -> int | None:
        """The sample before which nothing more will be said; None between utterances."""
        queue = self._streams[stream].utterances
        unfinished = next((u for u in queue if not u.is_over), None)
        return None if unfinished is None else unfinished.released_until

    def overdue_s(self, stream: StreamId, *, sure: int, fed: int) -> float:
        """How much closed or due audio of a stream waits for the recogniser."""
        utterance = self._being_decoded(stream)
        plan = None if utterance is None else utterance.plan_final(sure, is_realtime=False)
        return 0.0 if plan is None else (fed - plan.window.end) / SESSION_RATE_HZ

    @property
    def padding_s(self) -> float | None:
        """How long after it was spoken a word is released; None releases it when it is settled."""
        delay_s = self._config.point.delay_s
        if not self._config.is_realtime or delay_s is None:
            return None
        even_s = delay_s - RELEASE_MARGIN_S
        padding_s = self._config.padding_s
        return even_s if padding_s >= MAX_PADDING_S else min(padding_s, even_s)

    def _due(self, utterance: UtteranceTranscriber) -> int | None:
        waiting = utterance.waiting
        if not waiting:
            return None
        padding_s = self.padding_s
        return 0 if padding_s is None else waiting[0].span.end + to_samples(padding_s)

    def _spoken_before(self, until: int) -> int | None:
        padding_s = self.padding_s
        return None if padding_s is None else until - to_samples(padding_s)

    def _release(
        self, utterance: UtteranceTranscriber, until: int | None, *, now: int | None = None
    ) -> tuple[SegmentUpdate, ...]:
        """Final segments of waiting words; and the end of the unfinished text, where it ends."""
        stream = self._streams[utterance.stream]
        words = self._confidence.of_words(utterance.release(until))
        if now is not None and self._is_timed:
            self._delays.extend(now - word.span.end for word in words)
        if not words and not utterance.is_over:
            return ()
        heard, previous = self._heard(utterance.stream, words, stream.last_chain)
        pieces = attribute(words, heard, previous=previous)
        if pieces:
            stream.last_chain = pieces[-1].voice
        updates = self._assembler.final(
            utterance.stream,
            utterance.utterance,
            pieces,
            language=utterance.language,
            alternatives=utterance.alternatives,
            is_last=utterance.is_over,
        )
        if not utterance.is_over:
            updates = (*updates, *self._show(utterance))
        return (*updates, *self._assembler.withdraw(self._repeated(updates)))

    def _show(self, utterance: UtteranceTranscriber) -> tuple[SegmentUpdate, ...]:
        """The unfinished text of an utterance, where it changed."""
        if not self._config.is_realtime:
            return ()
        waiting = utterance.waiting
        words = (*waiting, *utterance.tail)
        last = self._streams[utterance.stream].last_chain
        newest = words[-VOICE_WORDS:]
        heard, previous = self._heard(utterance.stream, newest, last)
        pieces = attribute(newest, heard, previous=previous)
        main = max(pieces, key=lambda p: len(p.words)).voice if pieces else None
        return self._assembler.partial(
            utterance.stream,
            utterance.utterance,
            words,
            main,
            language=utterance.language,
            committed=len(waiting),
        )

    @property
    def _is_timed(self) -> bool:
        return self._config.is_realtime and self._config.point.delay_s is not None

    def _rhythm(self) -> StreamingParameters:
        is_steady = Part.STEADY_TAIL not in self._config.without
        return replace(STREAMING[self._config.point], is_steady=is_steady)

    def _set_rhythm(self) -> None:
        rhythm = self._rhythm()
        if self._relief >= Relief.FEWER_FINALS:
            rhythm = replace(rhythm, step_s=1.5 * rhythm.step_s)
        self._streaming = rhythm
        for stream in self._streams.values():
            for utterance in stream.utterances:
                utterance.use(rhythm)

    def _period_s(self, plan: DecodePlan, now: int) -> float:
        """How long the next result of a stream will take, from those before."""
        stream = self._streams[plan.stream]
        if stream.last_result is not None and plan.prefix:
            newest_s = (now - stream.last_result) / SESSION_RATE_HZ
            stream.period_s += PERIOD_WEIGHT * (newest_s - stream.period_s)
        stream.last_result = now
        return max(stream.period_s, self._streaming.step_s)

    def _being_decoded(self, stream: StreamId) -> UtteranceTranscriber | None:
        return next((u for u in self._streams[stream].utterances if not u.is_done), None)

    def _utterance(self, stream: StreamId, start: int) -> UtteranceTranscriber:
        language = None if self._config.language == "auto" else self._config.language
        return UtteranceTranscriber(
            stream,
            start,
            self._streaming,
            language=language,
            known_until=self._config.resume_from.get(stream, 0),
        )
