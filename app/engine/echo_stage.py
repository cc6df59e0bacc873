"""The first stage of the engine: the microphone without the echo of the system audio.

Live, it stands before everything that listens; in the final pass it writes a cleaned copy of the
microphone. What is recorded stays as it is.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from app.domain.errors import Cancelled
from app.domain.ids import SegmentId, StreamId
from app.domain.messages import AudioBlock, Float32Array, Notice, NoticeKind, SegmentUpdate
from app.domain.sentences import join, say
from app.domain.session import RefineJob, SessionConfig
from app.domain.units import Span, to_samples
from app.engine.protocol import first_sample
from app.engine.spool_view import FULL_SCALE, SpoolView
from app.pipeline.duplicates import RepeatFinder
from app.pipeline.echo import EchoCleaner, Leak, Room

log = logging.getLogger(__name__)

REALTIME_PATIENCE_S = 0.6
"""How long the microphone waits for system audio of the same time, in samples of its own."""
FILE_PATIENCE_S = 12.0
"""The same when files are fed as fast as they can be read; below what the host feeds ahead."""
READ_S = 10.0
LEARNED_BLOCKS = 600
"""System audio heard by a filter (about 20 s) that is worth starting over with."""

MINUS = "\N{MINUS SIGN}"

Item = AudioBlock | StreamId


def is_echo_possible(config: SessionConfig) -> bool:
    """Whether there are two streams of which one can leak into the other."""
    return config.is_echo_handled and {StreamId.MIC, StreamId.SYSTEM} <= set(config.streams)


class EchoStage:
    """Takes blocks and ends of streams in, gives them out again in the order to process them in.

    System audio passes at once, as it is. The microphone waits for the system audio of the same
    time, and comes out without its echo. When an echo is first found, the recent past comes out
    once more: a block that begins before what has been given out replaces it. `push` belongs to
    lane A, `repeated` to lane C.
    """

    def __init__(self, config: SessionConfig, tell: Callable[[Notice], None]) -> None:
        self._tell = tell
        self._has_headphones = config.has_headphones is True
        self._telling = threading.Lock()
        self._has_told = False
        self._has_repeats = False
        self._finder = RepeatFinder()
        self._cleaner: EchoCleaner | None = None
        self._position = first_sample(config, StreamId.MIC)
        self._has_mic_ended = False
        if is_echo_possible(config):
            patience_s = REALTIME_PATIENCE_S if config.is_realtime else FILE_PATIENCE_S
            self._cleaner = EchoCleaner(
                near_start=self._position,
                far_start=first_sample(config, StreamId.SYSTEM),
                patience_s=patience_s,
            )

    @property
    def is_leaking(self) -> bool:
        """Whether system audio is heard in the microphone at present; any thread."""
        return self._cleaner is not None and self._cleaner.room is not None

    def repeated(self, updates: tuple[SegmentUpdate, ...]) -> list[SegmentId]:
        """Segments of the microphone that only repeat system audio, `updates` included.

        Call it with all final segments in turn, under the session's lock.
        """
        if self._cleaner is None:
            return []
        repeats = self._finder.push(updates, is_leaking=self.is_leaking)
        self._has_repeats = self._has_repeats or bool(repeats)
        return [segment.segment_id for segment in repeats]

    def tell_once(self) -> None:
        """Tell the user about the leak when it is first known; any thread, no lock held."""
        with self._telling:
            leak = None if self._cleaner is None else self._cleaner.leak
            if self._has_told or (leak is None and not self._has_repeats):
                return
            self._has_told = True
        self._tell(notice_of(leak, has_headphones=self._has_headphones))

    def push(self, item: Item) -> list[Item]:
        """Take the next block, or the end of a stream."""
        cleaner = self._cleaner
        if cleaner is None:
            return [item]
        if isinstance(item, StreamId):
            return self._end(cleaner, item)
        if item.stream is StreamId.SYSTEM:
            return [item, *self._blocks(cleaner.push_far(item.samples)), *self._last(cleaner)]
        return self._blocks(cleaner.push_near(item.samples))

    def _end(self, cleaner: EchoCleaner, stream: StreamId) -> list[Item]:
        if stream is StreamId.MIC:
            self._has_mic_ended = True
            return self._last(cleaner)
        return [stream, *self._blocks(cleaner.end_far()), *self._last(cleaner)]

    def _last(self, cleaner: EchoCleaner) -> list[Item]:
        """The end of the microphone, once the system audio of its last block is here."""
        if not self._has_mic_ended or cleaner.is_waiting:
            return []
        self._has_mic_ended = False
        return [*self._blocks(cleaner.flush()), StreamId.MIC]

    def _blocks(self, samples: Float32Array) -> list[Item]:
        if not len(samples):
            return []
        self.tell_once()
        span = Span(self._position, self._position + len(samples))
        self._position = span.end
        block = AudioBlock(stream=StreamId.MIC, span=span, samples=samples)
        repair = None if self._cleaner is None else self._cleaner.take_repair()
        if repair is None:
            return [block]
        return [AudioBlock(stream=StreamId.MIC, span=repair.span, samples=repair.samples), block]


def notice_of(leak: Leak | None, *, has_headphones: bool = False) -> Notice:
    """What the user should know about a leak.

    Args:
        leak: None if it shows in repeated words alone.
        has_headphones: The sound server says that nothing but headphones plays.
    """
    if leak is None:
        text = say("Remote voices leak into the microphone; they are written once.")
    else:
        text = say(
            "Remote voices leak into the microphone at {level} dB; they are written once.",
            level=f"{leak.level_db:.0f}".replace("-", MINUS),
        )
    if has_headphones:
        advice = say("They should play on headphones only: turn these down, or check what plays.")
        text = join([text, advice], " ")
    return Notice(kind=NoticeKind.ECHO, text=text, stream=StreamId.MIC)


def without_echo(
    job: RefineJob,
    views: Mapping[StreamId, SpoolView],
    cancel: threading.Event,
) -> tuple[dict[StreamId, SpoolView], Leak | None]:
    """The streams of a recording with the microphone cleaned; as they are if nothing leaks.

    The first look finds the echo, so that the second one knows it from the first sample on. The
    cleaned copy is a nameless file beside the recording: it is gone when the view is, or when the
    process dies. If the disk refuses it, the microphone is heard as it was recorded.

    Raises:
        Cancelled: `cancel` was set.
    """
    heard = dict(views)
    if not is_echo_possible(job.config) or not {StreamId.MIC, StreamId.SYSTEM} <= set(views):
        return heard, None
    mic, system = views[StreamId.MIC], views[StreamId.SYSTEM]
    room = _learn(mic, system, cancel)
    if room is None:
        return heard, None
    folder = job.spools[StreamId.MIC].parent
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".echo-") as file:
            cleaner = EchoCleaner(patience_s=2 * READ_S, room=room)
            for samples in _cleaned(cleaner, mic, system, cancel):
                scaled = np.clip(np.rint(samples * np.float32(FULL_SCALE)), -32_768, 32_767)
                file.write(scaled.astype("<i2").tobytes())
            file.flush()
            heard[StreamId.MIC] = SpoolView.of_file(file, len(mic))
    except OSError as error:
        log.warning("no room for a microphone without echo: %s", error)
    return heard, room.leak


def _learn(mic: SpoolView, system: SpoolView, cancel: threading.Event) -> Room | None:
    """Listen until the echo is well known; None if there is none in the whole recording."""
    cleaner = EchoCleaner(patience_s=2 * READ_S)
    found: Room | None = None
    for _ in _cleaned(cleaner, mic, system, cancel):
        found = cleaner.room or found
        if cleaner.room is not None and cleaner.room.heard_blocks >= LEARNED_BLOCKS:
            break
    return found


def _cleaned(
    cleaner: EchoCleaner, mic: SpoolView, system: SpoolView, cancel: threading.Event
) -> Iterator[Float32Array]:
    """Pass a whole recording through a cleaner, a stretch at a time."""
    step = to_samples(READ_S)
    for start in range(0, max(len(mic), len(system)), step):
        if cancel.is_set():
            raise Cancelled
        yield cleaner.push_far(system.read(start, start + step))
        if start + step >= len(system):
            yield cleaner.end_far()
        yield cleaner.push_near(mic.read(start, start + step))
    yield cleaner.flush()
