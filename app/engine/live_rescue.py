"""Lane B: where two people talk at once, both voices are written while the meeting goes on.

Behind the captions, in a thread of low priority with a recogniser of its own: an overlap is taken
apart once its text is final and who talks there is settled, and the text of the voices takes its
place as a correction, by the rules of the final pass. When the machine is behind, the oldest
overlaps are left as they are.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import Float32Array, SegmentUpdate, StageHealth, Word
from app.domain.ports import AsrRequest
from app.domain.session import SEPARATION_ON, ModelChoice, Part, SessionConfig
from app.domain.units import Span, to_samples
from app.engine.confidence import LIVE, curve_of
from app.engine.front import StreamFront
from app.engine.governor import Relief
from app.engine.labels import VoiceLabels
from app.engine.models import LoadedModels
from app.engine.protocol import first_sample
from app.engine.rescue import OverlapRescue, context_of
from app.engine.vocabulary import knowing
from app.lib.clock import Clock
from app.lib.queues import BoundedQueue
from app.lib.threads import yield_to_others
from app.pipeline import exemplars
from app.pipeline.assemble import Assembler
from app.pipeline.attribute import Piece
from app.pipeline.replace import split_pieces
from app.pipeline.separate import JOIN_S, Island, Turns, find_islands, weave
from app.pipeline.voice_memory import VoiceMemory

log = logging.getLogger(__name__)

NICENESS = 5
"""A third of the share of the other lanes where all want the same core; much less would let this
thread hold Python's lock for long while it waits for a core."""
MAX_WAITING_S = 30.0
"""Of overlaps that wait; more than that, and the oldest are left as they are."""
LOOK_EVERY_S = 1.0
SETTLE_S = 3.0
"""Behind the newest audio; by then a moment has been seen by several segmentation windows."""
MARGIN_S = 0.5
"""An island ends this long before what is final: its end might still move."""
LOOK_BACK_S = 6.0
"""Words before an overlap in which its island may begin."""
KEPT_S = 45.0
"""Audio that the session has to keep for this lane."""
END_PATIENCE_S = 3.0
"""At the pace of the clock, no overlap is begun this long after the end of the meeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """What this lane sees of its session; all of it is guarded by `lock`.

    Attributes:
        final_until: The sample before which everything of a stream is final.
        is_over: Whether nothing more will be heard or become final.
        repeated: Asks the echo stage for segments that only repeat another stream.
    """

    lock: threading.Condition
    fronts: Mapping[StreamId, StreamFront]
    labels: VoiceLabels
    assembler: Assembler
    final_until: Callable[[StreamId], int]
    is_over: Callable[[], bool]
    repeated: Callable[[tuple[SegmentUpdate, ...]], list[SegmentId]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One overlap that waits to be taken apart.

    Attributes:
        turns: Around it, in its stream.
        span: The island with its context.
        samples: float32 (n,) of `span`.
    """

    stream: StreamId
    island: Island
    turns: Turns
    span: Span
    samples: Float32Array

    def read(self, start: int, end: int) -> Float32Array:
        """Samples [start, end) of the stream, inside `span`."""
        return self.samples[start - self.span.start : end - self.span.start]


class LiveRescue:
    """Writes the overlaps of one session anew; `run` is the body of its thread.

    Args:
        choice: With a separation that is not None.
        patch: Sends corrections that belong together; called without the lock.
        report: Told of a failure, which ends the rescue and nothing else.
    """

    def __init__(
        self,
        config: SessionConfig,
        choice: ModelChoice,
        models: LoadedModels,
        view: SessionView,
        clock: Clock,
        *,
        patch: Callable[[tuple[SegmentUpdate, ...]], None],
        report: Callable[[Exception], None],
    ) -> None:
        self._config = config
        self._choice = choice
        self._models = models
        self._view = view
        self._clock = clock
        self._patch = patch
        self._report = report
        self._cancelled = threading.Event()
        self._is_relieved = False
        self._is_broken = False
        starts = {stream: first_sample(config, stream) for stream in config.streams}
        self._memories = {stream: VoiceMemory(start) for stream, start in starts.items()}
        self._done = {stream: config.resume_from.get(stream, 0) for stream in config.streams}
        """Per stream, the end of the last island."""
        self._looked = dict(self._done)
        """Per stream, the sample before which all overlaps were seen."""
        self._waiting: BoundedQueue[Stretch] = BoundedQueue(
            max_weight=MAX_WAITING_S if config.is_realtime else float("inf"),
            weigh=lambda stretch: stretch.island.span.duration_s,
        )
        self._seen = 0
        self._busy_s = 0.0
        self._ended_at_s: float | None = None

    def cancel(self) -> None:
        """End without the rest; any thread."""
        self._cancelled.set()

    def relieve(self, relief: Relief) -> None:
        """Leave overlaps as they are while the governor says so; any thread."""
        self._is_relieved = relief >= Relief.NO_SEPARATION

    def needs_from(self, stream: StreamId) -> int | None:
        """The first sample whose audio must not be dropped; None where nothing waits for this lane.

        Off the clock every overlap is written; in a meeting those come too late that the lane has
        not got to while their audio was kept.
        """
        is_waited_for = not (self._config.is_realtime or self._is_broken or self._is_relieved)
        return self._looked[stream] if is_waited_for else None

    def health(self, audio_s: float) -> StageHealth:
        """How the lane keeps up, for `audio_s` of audio heard so far."""
        return StageHealth(
            stage="separation",
            queue_s=round(self._waiting.weight, 3),
            real_time_factor=round(self._busy_s / max(audio_s, 1e-3), 4),
        )

    def run(self, stop: threading.Event) -> None:
        """Work until the session is over or cancelled."""
        del stop
        yield_to_others(NICENESS)
        try:
            while not self._cancelled.is_set() and self._step():
                pass
        except Exception as error:  # a stage boundary: the plain text stays, the meeting goes on
            log.error("taking overlaps apart failed", exc_info=error)
            with self._view.lock:
                self._is_broken = True
                self._view.lock.notify_all()
            self._report(error)

    def _step(self) -> bool:
        """Find overlaps, and take the next one apart; returns whether to go on."""
        with self._view.lock:
            is_over = self._view.is_over()
            for front in self._view.fronts.values():
                self._look(front, is_over=is_over)
            self._seen = self._heard_samples()
            self._view.lock.notify_all()
        if is_over and self._is_too_late():
            return False
        stretch = self._waiting.get(timeout_s=0.0)
        if stretch is not None:
            began_s = self._clock.monotonic()
            self._write(stretch)
            self._busy_s += self._clock.monotonic() - began_s
            return True
        if not is_over:
            self._wait()
        return not is_over

    def _wait(self) -> None:
        """Until there is something new to look at."""
        step = to_samples(LOOK_EVERY_S)
        with self._view.lock:
            self._view.lock.wait_for(
                lambda: (
                    self._cancelled.is_set()
                    or self._view.is_over()
                    or self._heard_samples() - self._seen >= step
                ),
                LOOK_EVERY_S,
            )

    def _heard_samples(self) -> int:
        return sum(front.audio.span.end for front in self._view.fronts.values())

    def _is_too_late(self) -> bool:
        if self._ended_at_s is None:
            self._ended_at_s = self._clock.monotonic()
        waited_s = self._clock.monotonic() - self._ended_at_s
        return self._config.is_realtime and waited_s > END_PATIENCE_S

    # --- finding overlaps; under the lock ---

    def _look(self, front: StreamFront, *, is_over: bool) -> None:
        stream, now = front.stream, front.audio.span.end
        settled = max(0, front.stitcher.analysed_until - to_samples(SETTLE_S))
        is_quiet = now - front.stitcher.analysed_until > to_samples(SETTLE_S)
        if is_over or is_quiet:  # nobody has talked since
            settled = now
        labels = self._view.labels
        memory = self._memories[stream]
        memory.hear(front.stitcher, front.audio.get, settled, labels.track_of)
        ready = now if is_over else min(settled, self._view.final_until(stream))
        if self._is_relieved:
            while self._waiting.get(timeout_s=0.0) is not None:
                pass
            self._looked[stream] = self._done[stream] = max(ready, self._done[stream])
            return
        within = Span(
            min(max(self._done[stream], self._looked[stream] - to_samples(LOOK_BACK_S)), ready),
            ready,
        )
        turns = labels.turns(stream, Span(max(0, within.start - to_samples(LOOK_BACK_S)), now))
        looked = ready
        for island in find_islands(turns, self._words(stream, within), within):
            if not is_over and not _is_ripe(island, ready):
                looked = min(ready, island.core.start)
                break
            self._put(front, island, turns)
            self._done[stream] = island.span.end
        self._looked[stream] = max(looked, self._looked[stream])

    def _words(self, stream: StreamId, within: Span) -> list[Word]:
        segments = self._view.assembler.final_in(stream, within)
        words = [word for segment in segments for word in segment.words]
        return sorted(words, key=lambda word: word.span)

    def _put(self, front: StreamFront, island: Island, turns: Turns) -> None:
        span = context_of(island, front.audio.span.end)
        if span.start < front.audio.span.start:
            log.info("an overlap is left as it is: its audio is gone")
            return
        stretch = Stretch(
            stream=front.stream,
            island=island,
            turns=turns,
            span=span,
            samples=front.audio.get(span),
        )
        dropped = self._waiting.push_out(stretch)
        if dropped:
            log.info("%s overlaps are left as they are: behind", len(dropped))

    # --- taking them apart; without the lock ---

    def _write(self, stretch: Stretch) -> None:
        said = self._hear(stretch)
        if said is None or not any(said.values()):
            return
        with self._view.lock:
            updates = self._rewritten(stretch, said)
        if updates:
            self._patch(updates)

    def _hear(self, stretch: Stretch) -> dict[TrackId, tuple[Word, ...]] | None:
        """What each of the two says; None where the plain text is better."""
        labels, memory = self._view.labels, self._memories[stretch.stream]
        with self._view.lock:
            centroids = labels.centroids()
            alone = {track: memory.of(track, labels.track_of) for track in stretch.island.tracks}
            segments = self._view.assembler.final_in(stretch.stream, stretch.island.span)
            language = next((s.language for s in segments if s.language), None)
        network = self._choice.separation_network
        rescue = OverlapRescue(
            None if network is None else self._models.separation(network, threads=1),
            self._models.embedding(self._choice.embedding),
            knowing(self._models.background_asr(self._choice.asr_final), self._config.vocabulary),
            centroids,
            is_careful=self._choice.separation != SEPARATION_ON,
            confidence=curve_of(self._choice.asr_final, LIVE),
        )
        apart = rescue.take_apart(
            stretch.island,
            stretch.read,
            stretch.span.end,
            stretch.turns,
            learned=lambda track: exemplars.learn(alone[track]),
        )
        if apart is None or not rescue.accepts(apart):
            log.info("an overlap is left as it is: the voices are not surely apart")
            return None
        request = AsrRequest(
            language=language,
            wants_word_times=True,
            is_guarded=Part.GUARDS not in self._config.without,
        )
        (said,) = rescue.decode([apart], request)
        words = [word for segment in segments for word in segment.words]
        is_better = rescue.prefers(said, words, stretch.island)
        log.info("an overlap is %s", "written anew" if is_better else "left as it is: no better")
        return said if is_better else None

    def _rewritten(
        self, stretch: Stretch, said: Mapping[TrackId, tuple[Word, ...]]
    ) -> tuple[SegmentUpdate, ...]:
        """The corrections that put the voices in the place of the plain text; under the lock."""
        stream, island = stretch.stream, stretch.island
        labels, assembler = self._view.labels, self._view.assembler
        if not set(island.tracks) <= labels.centroids().keys():
            return ()  # they were found to be one person meanwhile
        old = [
            segment
            for segment in assembler.final_in(stream, island.span)
            if any(island.span.contains(word.span.middle) for word in segment.words)
        ]
        plain = [
            Piece(voice=segment.track, words=segment.words, has_overlap=segment.has_overlap)
            for segment in old
        ]
        updates = assembler.rewrite(
            stream,
            old,
            split_pieces(weave(plain, [island], [said])),
            lambda track, span: labels.chain_at(stream, track, span),
            language=next((s.language for s in old if s.language), None),
        )
        return (*updates, *assembler.withdraw(self._view.repeated(updates)))


def _is_ripe(island: Island, ready: int) -> bool:
    """Whether nothing that is still to come can change an island."""
    end = max(island.span.end + to_samples(MARGIN_S), island.core.end + to_samples(JOIN_S))
    return end <= ready
