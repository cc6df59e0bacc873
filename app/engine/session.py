"""One live meeting inside the engine process: lanes over the audio that is fed.

Lane A (`lane-front`) takes audio in, finds speech and voices. Lane C (`lane-asr`) decodes what
lane A opened and closed. Lane B (`lane-separate`, in `live_rescue.py`) comes behind and corrects
what two people said at once. They share the session's state under one lock, which is never held
during a model call.
"""

from __future__ import annotations

import itertools
import logging
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

import psutil

from app.domain.errors import Severity
from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import (
    AudioBlock,
    Float32Array,
    Health,
    OverlapRegion,
    SegmentUpdate,
    SpeechSpan,
    StageHealth,
    TrackState,
    TranscriptGap,
    TranscriptPatch,
)
from app.domain.ports import AsrModel, AsrRequest
from app.domain.sentences import say
from app.domain.session import ModelChoice, OperatingPoint, Part, SessionConfig
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.engine.captions import Captions
from app.engine.echo_stage import EchoStage
from app.engine.front import StreamFront, due_window, follow_voices
from app.engine.governor import Governor, Relief, notice_of
from app.engine.labels import VoiceLabels
from app.engine.live_rescue import KEPT_S, LiveRescue, SessionView
from app.engine.models import LoadedModels, for_language
from app.engine.protocol import Acknowledged, Event, Patched, Reported, Told, first_sample
from app.engine.reports import asr_failed, lane_died, rescue_failed
from app.engine.vocabulary import knowing
from app.lib.clock import SystemClock
from app.lib.queues import BoundedQueue, QueueClosed
from app.lib.threads import Crash, Worker
from app.pipeline.assemble import Assembler
from app.pipeline.belief import believed
from app.pipeline.cluster import ClusterParameters, OnlineClusters
from app.pipeline.level import LevelEvener
from app.pipeline.transcribe import STREAMING, DecodePlan, UtteranceTranscriber
from app.pipeline.vad_gate import GateParameters

log = logging.getLogger(__name__)

MAX_BACKLOG_S = 90.0
"""Lane A waits when another lane is this far behind, so that memory stays bounded."""
MIN_KEPT_S = 20.0
"""Audio that is kept behind what is final."""
MAX_UTTERANCE_S = 24.0
"""Of utterances that are decoded once, as a whole."""
ACKNOWLEDGE_EVERY_S = 0.5
ONSET_S = 0.5
"""Speech that has not opened an utterance yet, its pre-roll included, is shorter than this."""
END_OF_TIME = 2**62
MIN_RELEASE_WAIT_S = 0.02
MAX_RELEASE_WAIT_S = 0.5


class LiveSession:
    """Feed it blocks of consecutive samples per stream; it emits events until it has ended."""

    def __init__(
        self,
        config: SessionConfig,
        models: LoadedModels,
        emit: Callable[[Event], None],
        *,
        tracks: tuple[TrackState, ...] = (),
    ) -> None:
        self._config = config
        self._choice = config.models
        self._clock = SystemClock()
        self._models = models
        self._emit = emit
        self._lock = threading.Condition()
        self._clusters = OnlineClusters(ClusterParameters(max_tracks=config.speakers.maximum))
        self._clusters.restore(tracks)
        self._fronts: dict[StreamId, StreamFront] = {}
        self._labels = VoiceLabels(self._clusters, self._fronts, config.resume_from)
        self._assembler = Assembler(self._labels, revision_base=config.revision_base)
        self._echo = EchoStage(config, lambda notice: emit(Told(notice)))
        evened = config.streams if config.is_level_evened else ()
        self._eveners = {stream: LevelEvener() for stream in evened}
        self._queue: BoundedQueue[AudioBlock | StreamId] = BoundedQueue(
            max_weight=30.0, weigh=_seconds
        )
        self._captions = Captions(config, self._assembler, self._labels.heard, self._echo.repeated)
        self._rescue = self._make_rescue(config.models)
        self._governor = Governor(
            steps=[s for s in Relief if self._rescue or s is not Relief.NO_SEPARATION]
        )
        self._is_guarded = Part.GUARDS not in config.without
        self._edges: dict[StreamId, tuple[int, float]] = {}
        self._fed: dict[StreamId, int] = {}
        self._sure: dict[StreamId, int] = {}
        self._acknowledged: dict[StreamId, int] = {}
        self._ended: set[StreamId] = set()
        self._is_front_done = False
        self._busy_s = {"front": 0.0, "asr-final": 0.0, "asr-partial": 0.0}
        self._partial_cost_s = 0.1
        self._has_partials = config.point is not OperatingPoint.FINAL
        self._workers: list[Worker] = []
        self._is_cancelled = threading.Event()

    # --- called by the control thread ---

    def start(self) -> None:
        """Load what is missing and start the lanes.

        Raises:
            KnownError: Weights are missing.
        """
        choice = for_language(self._config.models, self._config.language)
        self._choice = choice
        self._models.load_choice(choice)
        if choice.separation_network is not None:
            self._models.separation(choice.separation_network, threads=1)
        chain_ids = itertools.count(1)
        streaming = STREAMING[self._config.point]
        # Streamed utterances need no limit: their windows move on.
        gate = GateParameters(max_length_s=math.inf if streaming.step_s else MAX_UTTERANCE_S)
        for stream in self._config.streams:
            start = first_sample(self._config, stream)
            self._fronts[stream] = StreamFront.at(
                stream, self._models.vad(choice.vad), start, chain_ids, gate
            )
            self._fed[stream] = self._sure[stream] = start
        self._workers = [
            Worker("lane-front", self._run_front, on_crash=self._on_crash).start(),
            Worker("lane-asr", self._run_asr, on_crash=self._on_crash).start(),
        ]
        if self._captions.padding_s is not None:
            release = Worker("lane-release", self._run_release, on_crash=self._on_crash)
            self._workers.append(release.start())
        if self._rescue is not None:
            separate = Worker("lane-separate", self._rescue.run, on_crash=self._on_crash)
            self._workers.append(separate.start())

    def use_point(self, point: OperatingPoint) -> None:
        """Go on at another operating point; ignored at and towards FINAL, which is no live one."""
        if point.delay_s is None or self._config.point.delay_s is None:
            return
        with self._lock:
            self._config = replace(self._config, point=point)
            self._captions.use_point(point)
            self._lock.notify_all()

    def feed(self, block: AudioBlock) -> None:
        """Take the next samples of a stream."""
        self._edges[block.stream] = (block.span.end, self._clock.monotonic())
        self._queue.put(block)

    def end(self, stream: StreamId) -> None:
        """No more samples of this stream."""
        self._queue.put(stream)

    def teach(self, lines: Mapping[SegmentId, TrackId]) -> None:
        """Take the user's word for whose lines these are, in place of what was said before.

        A voice is taught by a line when the line is most of what is written of that turn; a few
        words out of the middle say nothing of the rest.
        """
        with self._lock:
            self._clusters.teach(self._assembler.chains_given(lines))
            updates = self._assembler.relabel()
        if updates:
            self._patch(updates)

    def cancel(self) -> None:
        """Stop without finishing."""
        self._stop_lanes()

    def wait(self) -> None:
        """Wait until everything fed is processed, or the session is cancelled."""
        for worker in self._workers:
            while not worker.join(0.5):
                pass

    def health(self) -> Health:
        """How the session keeps up, asked once a second; the governor acts on it."""
        with self._lock:
            lag_s = max(
                [0.0, self._queue.weight]
                + [self._overdue_s(stream) for stream in self._config.streams]
            )
            audio_s = sum(f.audio.span.end for f in self._fronts.values()) / SESSION_RATE_HZ
            stages = tuple(
                StageHealth(
                    stage=stage,
                    queue_s=round(self._queue.weight if stage == "front" else lag_s, 3),
                    real_time_factor=round(busy / max(audio_s, 1e-3), 4),
                )
                for stage, busy in self._busy_s.items()
            )
            if self._rescue is not None:
                stages = (*stages, self._rescue.health(audio_s))
            observed_s = self._captions.observed_s
        rss_mb = psutil.Process().memory_info().rss / 2**20
        promised_s = self._config.point.delay_s
        is_governed = Part.GOVERNOR not in self._config.without
        if self._config.is_realtime and promised_s is not None and is_governed:
            self._govern(lag_s, promised_s)
        return Health(
            lag_s=round(lag_s, 3),
            stages=stages,
            rss_mb=round(rss_mb, 1),
            promised_s=promised_s if self._config.is_realtime else None,
            observed_s=observed_s,
            relief=int(self._governor.relief),
        )

    def _govern(self, lag_s: float, promised_s: float) -> None:
        if not self._governor.observe(lag_s, promised_s):
            return
        relief = self._governor.relief
        with self._lock:
            self._captions.relieve(relief)
        if self._rescue is not None:
            self._rescue.relieve(relief)
        log.info("relief %s at %.1f s behind", relief.name, lag_s)
        self._emit(Told(notice_of(relief)))

    # --- lane A ---

    def _run_front(self, stop: threading.Event) -> None:
        del stop
        try:
            while not self._is_cancelled.is_set() and len(self._ended) < len(self._fronts):
                try:
                    item = self._queue.get()
                except QueueClosed:
                    break
                began = self._clock.monotonic()
                for heard in () if item is None else self._echo.push(item):
                    if isinstance(heard, StreamId):
                        self._end_stream(heard)
                    else:
                        evener = self._eveners.get(heard.stream)
                        self._take_in(evener.block(heard) if evener else heard)
                self._busy_s["front"] += self._clock.monotonic() - began
        finally:
            with self._lock:
                self._is_front_done = True
                self._lock.notify_all()

    def _take_in(self, block: AudioBlock) -> None:
        front = self._fronts[block.stream]
        with self._lock:
            if block.span.start < front.audio.span.end:
                front.audio.put(block.span.start, block.samples)  # heard again, without echo
                return
            front.audio.append(block.samples)
        closed = front.hear(block)
        self._update_utterances(front, closed)
        self._look(front)
        self._acknowledge(block.stream, block.span.end)
        self._wait_for_asr(block.stream)

    def _end_stream(self, stream: StreamId) -> None:
        front = self._fronts[stream]
        self._update_utterances(front, front.end())
        self._look(front, is_ended=True)
        with self._lock:
            self._ended.add(stream)
            self._lock.notify_all()
        self._patch(())

    def _update_utterances(self, front: StreamFront, closed: list[SpeechSpan]) -> None:
        with self._lock:
            self._captions.hear(front.stream, closed, front.gate.open_span)
            self._fed[front.stream] = front.audio.span.end
            self._sure[front.stream] = front.gate.sure_until
            self._lock.notify_all()

    def _look(self, front: StreamFront, *, is_ended: bool = False) -> None:
        """Run due segmentation windows and take voices; then mend labels."""
        while True:
            window = due_window(front, is_ended=is_ended)
            if window is None:
                return
            version = self._clusters.version
            follow_voices(
                front,
                window,
                self._clusters,
                self._models.segmentation(self._choice.segmentation),
                self._models.embedding(self._choice.embedding),
                self._lock,
            )
            with self._lock:
                updates = self._labels.attribute_again(front, self._assembler)
                if self._clusters.version != version:
                    updates.extend(self._assembler.relabel())
            if updates:
                self._patch(tuple(updates))
            if is_ended:
                return

    def _acknowledge(self, stream: StreamId, position: int) -> None:
        last = self._acknowledged.get(stream, 0)
        if position - last >= ACKNOWLEDGE_EVERY_S * SESSION_RATE_HZ:
            self._acknowledged[stream] = position
            self._emit(Acknowledged(stream, position))

    def _wait_for_asr(self, stream: StreamId) -> None:
        with self._lock:
            self._lock.wait_for(
                lambda: (
                    self._is_cancelled.is_set()
                    or self._fed[stream] - self._done_until(stream) < to_samples(MAX_BACKLOG_S)
                )
            )
            kept_s = MIN_KEPT_S if self._rescue is None else KEPT_S
            done = min(self._done_until(stream), self._fed[stream])
            self._fronts[stream].audio.drop_before(done - to_samples(kept_s))

    def _done_until(self, stream: StreamId) -> int:
        """The sample before which no lane has anything left to do that cannot be left out."""
        until = None if self._rescue is None else self._rescue.needs_from(stream)
        return min(self._resume_point(stream), END_OF_TIME if until is None else until)

    # --- lane C ---

    def _run_asr(self, stop: threading.Event) -> None:
        del stop
        while not self._is_cancelled.is_set():
            with self._lock:
                plan, is_partial = self._next_plan()
                if plan is None:
                    if self._is_front_done and self._captions.is_decoded:
                        break
                    self._lock.wait(0.2)
                    continue
                utterance = self._captions.utterance_of(plan)
                samples = self._fronts[plan.stream].audio.get(plan.window)
            began = self._clock.monotonic()
            try:
                if is_partial:
                    self._decode_partial(plan, utterance, samples)
                else:
                    self._decode_final(plan, utterance, samples)
            except Exception as error:  # a stage boundary: one decode is lost, not the meeting
                if is_partial:
                    self._stop_partials(error)
                else:
                    self._give_up(plan, error)
            cost_s = self._clock.monotonic() - began
            self._busy_s["asr-partial" if is_partial else "asr-final"] += cost_s
            if is_partial:
                self._partial_cost_s = 0.7 * self._partial_cost_s + 0.3 * cost_s
        self._patch(())

    def _next_plan(self) -> tuple[DecodePlan | None, bool]:
        """The most overdue final decode; without one, the partial of the stalest stream."""
        plan = self._captions.next_final(self._sure)
        if plan is None and self._config.is_realtime and self._has_partials:
            is_sure = {s: f.is_surely_open or not self._is_guarded for s, f in self._fronts.items()}
            fed = {stream: self._fed[stream] for stream in self._fronts if is_sure[stream]}
            return self._captions.next_partial(fed, cost_s=self._partial_cost_s), True
        return plan, False

    def _decode_final(
        self, plan: DecodePlan, utterance: UtteranceTranscriber, samples: Float32Array
    ) -> None:
        result = self._recogniser(self._choice.asr_final).transcribe(
            samples,
            self._request(plan, utterance, wants_word_times=True),
        )
        words = tuple(
            replace(word, span=word.span.shift(plan.window.start)) for word in result.words
        )
        with self._lock:
            if self._is_guarded:
                words = believed(words, self._fronts[plan.stream].unsure(plan.window))
            if utterance.language is None and words:
                utterance.language = result.language
            updates = self._captions.accept_final(
                plan,
                words,
                self._now(plan.stream),
                result.alternatives if not plan.prefix else (),
            )
            overlaps: tuple[OverlapRegion, ...] = ()
            if utterance.is_done:
                whole = Span(utterance.start, plan.window.end)
                overlaps = self._labels.overlaps(plan.stream, whole)
            self._lock.notify_all()
            if updates or overlaps:
                self._patch(updates, overlaps)
        self._echo.tell_once()

    def _decode_partial(
        self, plan: DecodePlan, utterance: UtteranceTranscriber, samples: Float32Array
    ) -> None:
        result = self._recogniser(self._choice.asr_partial).transcribe(
            samples,
            self._request(plan, utterance, wants_word_times=False),
        )
        words = tuple(
            replace(word, span=word.span.shift(plan.window.start)) for word in result.words
        )
        with self._lock:
            updates = self._captions.accept_partial(plan, words)
        if updates:
            self._patch(updates)

    def _run_release(self, stop: threading.Event) -> None:
        """Make words final when the promised time has come."""
        del stop
        while not self._is_cancelled.is_set():
            with self._lock:
                if self._is_front_done and self._captions.is_over:
                    break
                updates = tuple(
                    update
                    for stream in self._config.streams
                    for update in self._captions.release(stream, self._now(stream))
                )
                if updates:
                    self._patch(updates)
                else:
                    self._lock.wait(self._until_release_s())
            if updates:
                self._echo.tell_once()
        self._patch(())

    def _until_release_s(self) -> float:
        """How long nothing is due; at most as long as a new utterance may take to appear."""
        waits = [MAX_RELEASE_WAIT_S]
        for stream in self._config.streams:
            due = self._captions.due(stream)
            if due is not None:
                waits.append((due - self._now(stream)) / SESSION_RATE_HZ)
        return max(min(waits), MIN_RELEASE_WAIT_S)

    def _now(self, stream: StreamId) -> int:
        """What is being said at this moment, in session samples; the end of time at the end."""
        if stream in self._ended:
            return END_OF_TIME
        end, at_s = self._edges.get(stream, (self._fed[stream], self._clock.monotonic()))
        return end + to_samples(self._clock.monotonic() - at_s)

    def _recogniser(self, backend_id: str) -> AsrModel:
        return knowing(self._models.asr(backend_id), self._config.vocabulary)

    def _request(
        self, plan: DecodePlan, utterance: UtteranceTranscriber, *, wants_word_times: bool
    ) -> AsrRequest:
        return AsrRequest(
            language=utterance.language,
            beam_size=1,
            wants_word_times=wants_word_times,
            is_open=not plan.is_last,
            is_padded=Part.SHORT_INPUT in self._config.without,
            is_guarded=self._is_guarded,
            prefix=plan.prefix,
            prefix_samples=max(0, plan.prefix_end - plan.window.start) if plan.prefix else 0,
        )

    def _give_up(self, plan: DecodePlan, error: Exception) -> None:
        with self._lock:
            span, updates = self._captions.give_up(plan)
            gap = TranscriptGap(stream=plan.stream, span=span, reason="recognition failed")
            self._patch(updates, gaps=(gap,) if span.length else ())
            self._lock.notify_all()
        log.error("decoding %s failed", span, exc_info=error)
        text = say(
            "{seconds} s could not be transcribed; the audio is kept. "
            "Run the final pass again after the meeting.",
            seconds=f"{span.duration_s:.1f}",
        )
        self._report(Severity.ERROR, text, error, span=span)

    def _stop_partials(self, error: Exception) -> None:
        """The fast recogniser failed: go on without its preview of the newest words."""
        log.error("the partial recogniser failed", exc_info=error)
        with self._lock:
            self._has_partials = False
        text = say("The preview of the newest words is off; the final text is not concerned.")
        self._report(Severity.WARNING, text, error)

    def _report(
        self, severity: Severity, user_text: str, error: Exception, *, span: Span | None = None
    ) -> None:
        self._emit(Reported(asr_failed(severity, user_text, error, span)))

    # --- shared ---

    def _resume_point(self, stream: StreamId) -> int:
        """The sample before which everything of a stream is final."""
        until = self._captions.final_until(stream)
        if until is not None:
            return until
        if stream in self._ended:
            return self._fronts[stream].audio.span.end
        return max(
            self._config.resume_from.get(stream, 0),
            self._fed[stream] - to_samples(ONSET_S),
        )

    def _overdue_s(self, stream: StreamId) -> float:
        """How much closed or due audio waits for lane C."""
        return self._captions.overdue_s(stream, sure=self._sure[stream], fed=self._fed[stream])

    def _patch(
        self,
        updates: tuple[SegmentUpdate, ...],
        overlaps: tuple[OverlapRegion, ...] = (),
        gaps: tuple[TranscriptGap, ...] = (),
        *,
        is_whole: bool = False,
    ) -> None:
        """Tell what is new, and from where to go on after a crash.

        Words that have just become final are told under the lock that they became so under: a
        patch of another lane would otherwise say that they are done, and a crash lose them.
        """
        with self._lock:
            until = {stream: self._resume_point(stream) for stream in self._fronts}
            tracks = self._clusters.states()
        self._emit(
            Patched(
                TranscriptPatch(
                    updates=updates,
                    overlaps=overlaps,
                    gaps=gaps,
                    processed_until=until,
                    is_whole=is_whole,
                ),
                tracks=tracks,
            )
        )

    def _on_crash(self, crash: Crash) -> None:
        """A lane died: a bug. The process ends, its host starts another and resumes."""
        self._stop_lanes()
        self._emit(Reported(lane_died(crash)))

    def _stop_lanes(self) -> None:
        self._is_cancelled.set()
        self._queue.close()
        if self._rescue is not None:
            self._rescue.cancel()
        with self._lock:
            self._lock.notify_all()

    def _make_rescue(self, choice: ModelChoice) -> LiveRescue | None:
        """The lane that writes both voices of overlaps; None where the user does not want it."""
        if choice.separation is None:
            return None
        view = SessionView(
            lock=self._lock,
            fronts=self._fronts,
            labels=self._labels,
            assembler=self._assembler,
            final_until=self._resume_point,
            is_over=lambda: self._is_front_done and self._captions.is_over,
            repeated=self._echo.repeated,
        )
        return LiveRescue(
            self._config,
            choice,
            self._models,
            view,
            self._clock,
            patch=lambda updates: self._patch(updates, is_whole=True),
            report=lambda error: self._emit(Reported(rescue_failed(error))),
        )

    @property
    def has_crashed(self) -> bool:
        """Whether a lane died."""
        return self._is_cancelled.is_set()


def _seconds(item: AudioBlock | StreamId) -> float:
    return item.span.duration_s if isinstance(item, AudioBlock) else 0.0
