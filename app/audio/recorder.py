"""From rings to disk: the thread that stores a meeting while it happens.

Layout of a recording's folder, per stream ("mic", "system"):

    <stream>.s16          16 kHz mono spool, raw signed 16-bit little-endian; sample 0 is session
                          time 0; what the engine reads and the player plays
    <stream>-0001.flac    the sound as captured (native rate and channels, 16 bit) in segments of
    <stream>-0002.flac    at most 30 s; segment n begins where segment n - 1 ends
    <stream>-0003.wav     the segment being written, or one that was not yet packed
    *.flac.part           a segment being packed; its WAV file is still there
    <stream>.index.jsonl  when each segment begins (`app.audio.segment_index`)

All streams share one time line. The first frame of a stream is placed by the time of its capture;
before it, wherever frames were lost and while a hold lasts, zeros stand in spool and archive alike,
so that a position in either is a time of the session. The spool alone is stretched by some parts
per million where a device's clock is not the computer's. Written data reach the operating system
within a cadence (50 ms) and the disk within a second; after a kill, `app.audio.repair` makes
everything readable.
"""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from app.audio.archive import SEGMENT_S
from app.audio.capture import Input
from app.audio.drift import TimeKeeper
from app.audio.holds import Holds
from app.audio.ring import Int16Array
from app.audio.timeline import StreamWriter
from app.audio.watchdog import STREAM_NAMES, NoSurroundings, Surroundings, Watchdog
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.meeting import StreamInfo
from app.domain.messages import Notice, NoticeKind
from app.domain.ports import SampleSource
from app.domain.sentences import say
from app.domain.units import SESSION_RATE_HZ, to_samples
from app.lib.clock import Clock
from app.lib.threads import Crash, Worker

log = logging.getLogger(__name__)

CADENCE_S = 0.05
FIRST_CADENCE_S = 0.01
"""Until every stream has its place: the first samples shall be on disk soon after the click."""
SYNC_S = 0.5
_PLACE_AFTER_S = 0.08
_STALL_S = 10.0
_RETRY_S = 1.0
_STOP_TIMEOUT_S = 60.0
_SETTLE_S = 1.5
"""A headset that changes its mode, or is unplugged, takes the default through several devices."""
_PHONE_RATE_HZ = 16_000
_SLEEP_FROM_S = 10.0
"""Less is a correction of the wall clock, not a sleep."""


class _Track:
    """One stream: its writer, and its device while there is one."""

    def __init__(
        self,
        stream: StreamId,
        writer: StreamWriter,
        device: Input,
        watchdog: Watchdog,
        started_at_s: float,
    ) -> None:
        self.stream = stream
        self.writer = writer
        self.input: Input | None = device
        self.is_placed = False
        self.was_lost = False
        self.is_told_lost = False
        self.retry_at_s = 0.0
        self.seen_position = 0
        self.seen_at_s: float | None = None
        self.watchdog = watchdog
        self.time_keeper = TimeKeeper(device.ring, started_at_s)
        self.known = device.device
        """What the user was last told of."""
        self.tell_at_s: float | None = None

    @property
    def title(self) -> str:
        return STREAM_NAMES[self.stream]


class Recorder:
    """A running recording of real devices.

    Args:
        folder: Made by the caller.
        inputs: Open devices; the recorder closes them.
        reopen: Opens a stream's device again after it was lost; raises `KnownError` while it is
            not there. Called from the recorder's thread.
        changed: Set by anyone when devices or defaults changed on the server.
        is_right: Whether an input records what its stream was asked to record; called after
            `changed`, from the recorder's thread. A wrong one is closed and opened again.
        started_at_s: Session time 0 on `clock`.
        on_notice: Called from the recorder's thread.
        surroundings: What the sound system knows; None where it tells nothing.
        is_watching: False leaves it to the caller, until `watch`, to see that a device ended.

    Raises:
        OSError: The folder refuses; the inputs stay open.
    """

    def __init__(
        self,
        folder: Path,
        inputs: Mapping[StreamId, Input],
        reopen: Callable[[StreamId], Input],
        *,
        changed: threading.Event,
        is_right: Callable[[StreamId, Input], bool],
        started_at_s: float,
        on_notice: Callable[[Notice], None],
        clock: Clock,
        segment_s: float = SEGMENT_S,
        surroundings: Surroundings | None = None,
        is_watching: bool = True,
    ) -> None:
        self._reopen = reopen
        self._changed = changed
        self._is_right = is_right
        self._started_at_s = started_at_s
        self._on_notice = on_notice
        self._clock = clock
        self._tracks = [
            _Track(
                stream,
                StreamWriter(folder, stream, device.device, segment_s=segment_s),
                device,
                Watchdog(stream, surroundings or NoSurroundings()),
                started_at_s,
            )
            for stream, device in inputs.items()
        ]
        self._synced_at_s = started_at_s
        self._seen_s = clock.monotonic()
        self._seen_wall_s = clock.now().timestamp()
        self._holds = Holds()
        self._is_watching = threading.Event()
        if is_watching:
            self._is_watching.set()
        self._worker = Worker("recorder", self._run, on_crash=self._tell_crash).start()

    def watch(self) -> None:
        """From now on, open devices again that end or are no longer the right ones."""
        self._is_watching.set()

    def sources(self) -> Mapping[StreamId, SampleSource]:
        """The growing spools."""
        return {track.stream: track.writer.spool for track in self._tracks}

    def levels_dbfs(self) -> Mapping[StreamId, float]:
        """The RMS level of the last 100 ms per stream; -120 while a device is lost."""
        return {
            track.stream: track.writer.level_dbfs if track.input else -120.0
            for track in self._tracks
        }

    @property
    def has_headphones(self) -> bool | None:
        """Whether the system audio plays into ears only; see `Recording.has_headphones`."""
        for track in self._tracks:
            if track.stream is StreamId.SYSTEM and track.input is not None:
                return track.input.device.is_headphones
        return None

    def duration_s(self) -> float:
        """Seconds stored so far, of the longest stream."""
        longest = max((track.writer.spool.sample_count for track in self._tracks), default=0)
        return longest / SESSION_RATE_HZ

    def hold(self) -> int:
        """Store nothing of what is captured from now on; see `Recording.hold`."""
        return to_samples(self._holds.begin(self._clock.monotonic() - self._started_at_s))

    def release(self) -> int | None:
        """Store again what is captured from now on; see `Recording.release`."""
        at_s = self._holds.end(self._clock.monotonic() - self._started_at_s)
        return None if at_s is None else to_samples(at_s)

    def stop(self) -> tuple[StreamInfo, ...]:
        """Close the devices, drain the rings, close the spools; idempotent, from any thread."""
        if not self._worker.stop(_STOP_TIMEOUT_S):
            log.error("the recorder did not end within %s s", _STOP_TIMEOUT_S)
        return tuple(track.writer.info() for track in self._tracks)

    def _run(self, stop: threading.Event) -> None:
        try:
            is_stopping = False
            while not is_stopping:
                # The producers may take no lock, so nothing can wake this thread: it looks.
                are_placed = all(t.is_placed or t.input is None for t in self._tracks)
                is_stopping = stop.wait(CADENCE_S if are_placed else FIRST_CADENCE_S)
                if is_stopping:
                    self._close_inputs()
                self._turn(is_stopping=is_stopping)
        except OSError as error:
            log.warning("recording stops: %s", error)
            text = _disk_text(error)
            self._on_notice(Notice(kind=NoticeKind.DISK, text=text, ends_recording=True))
        finally:
            self._close_inputs()
            self._close_writers()

    def _turn(self, *, is_stopping: bool) -> None:
        now_s = self._clock.monotonic()
        self._notice_sleep(now_s)
        is_watching = self._is_watching.is_set() and not is_stopping
        has_changed = is_watching and self._changed.is_set()
        if has_changed:
            self._changed.clear()
        for track in self._tracks:
            self._drain(track, is_last=is_stopping)
            if is_watching:
                self._watch(track, now_s, has_changed=has_changed)
            if track.tell_at_s is not None and (is_stopping or now_s >= track.tell_at_s):
                self._tell_move(track)
            track.writer.pack_step()
        if now_s - self._synced_at_s >= SYNC_S:
            self._synced_at_s = now_s
            for track in self._tracks:
                track.writer.sync()

    def _notice_sleep(self, now_s: float) -> None:
        # The monotonic clock of Linux and macOS stands still while the computer sleeps.
        wall_s = self._clock.now().timestamp()
        slept_s = (wall_s - self._seen_wall_s) - (now_s - self._seen_s)
        self._seen_wall_s, self._seen_s = wall_s, now_s
        if slept_s >= _SLEEP_FROM_S:
            length = f"{slept_s / 60:.0f} min" if slept_s >= 90 else f"{slept_s:.0f} s"
            text = say(
                "The computer slept for {length}. Nothing was recorded in that time.", length=length
            )
            # The session's time stood still too: there is no stretch, only a moment to mark.
            at = to_samples(self.duration_s())
            self._send(Notice(kind=NoticeKind.OTHER, text=text, marked_at=at))
            self._changed.set()

    def _drain(self, track: _Track, *, is_last: bool) -> None:
        if track.input is None:
            return
        ring = track.input.ring
        if not track.is_placed:
            origin_s = ring.origin_s
            is_enough = ring.last_position >= _PLACE_AFTER_S * ring.rate_hz
            if origin_s is None or not (is_enough or is_last):
                return
            track.writer.fill_until(origin_s - self._started_at_s, is_loss=track.was_lost)
            track.is_placed = True
        while True:
            frames, lost = ring.read(ring.rate_hz)
            if lost:
                log.warning("%s: %d frames lost before the recorder", track.stream, lost)
                track.writer.append_loss(lost)
            if len(frames):
                self._store(track, frames)
            elif not lost:
                break
        left_out_s = track.time_keeper.keep(track.writer)
        if left_out_s:
            log.warning("%s: the device left out %.2f s", track.stream, left_out_s)

    def _store(self, track: _Track, frames: Int16Array) -> None:
        writer, rate_hz = track.writer, track.writer.rate_hz
        for start, end, is_held in self._holds.pieces(writer.position_s, len(frames), rate_hz):
            if is_held:
                writer.append_silence(end - start)
            else:
                signals = writer.append(frames[start:end])
                assert track.input is not None
                for notice in track.watchdog.judge(track.input.device, signals):
                    self._send(notice)

    def _watch(self, track: _Track, now_s: float, *, has_changed: bool) -> None:
        if track.input is not None:
            if track.input.is_lost or self._is_stalled(track, now_s):
                self._leave(track)
                self._tell(
                    NoticeKind.DEVICE_LOST,
                    track,
                    say(
                        "The {source} went away. What it delivered is kept, the recording goes "
                        "on, and it is used again as soon as it is back.",
                        source=track.title,
                    ),
                )
                track.retry_at_s = now_s + _RETRY_S
                track.is_told_lost = True
            elif has_changed and not self._is_right(track.stream, track.input):
                self._leave(track)
                track.retry_at_s = now_s
            else:
                return
        if now_s >= track.retry_at_s:
            track.retry_at_s = now_s + _RETRY_S
            try:
                reopened = self._reopen(track.stream)
            except KnownError as error:
                log.info("%s is still away: %s", track.stream, error)
            else:
                self._take(track, reopened)
                track.tell_at_s = now_s + _SETTLE_S
                return
        track.writer.fill_until(now_s - self._started_at_s, is_loss=True)

    def _leave(self, track: _Track) -> None:
        assert track.input is not None
        track.input.close()
        self._drain(track, is_last=True)
        track.input = None
        track.was_lost = True

    def _take(self, track: _Track, reopened: Input) -> None:
        track.writer.change_device(reopened.device)
        track.input = reopened
        track.is_placed = False
        track.seen_at_s = None
        track.time_keeper = TimeKeeper(reopened.ring, self._started_at_s)

    def _tell_move(self, track: _Track) -> None:
        """Tell once where a stream has ended up; nothing if that is where it was."""
        track.tell_at_s = None
        if track.input is None:
            return
        before, now = track.known, track.input.device
        is_other = (now.key, now.rate_hz) != (before.key, before.rate_hz)
        if not is_other and not track.is_told_lost:
            return
        track.known, track.is_told_lost = now, False
        if now.rate_hz <= _PHONE_RATE_HZ < before.rate_hz:
            text = say(
                "The {source} is now recorded from {name}, in phone quality ({rate} kHz). "
                "Bluetooth headsets change to it while their microphone is in use.",
                source=track.title,
                name=now.name,
                rate=f"{now.rate_hz / 1000:g}",
            )
        else:
            text = say(
                "The {source} is now recorded from {name}.", source=track.title, name=now.name
            )
        self._tell(NoticeKind.OTHER, track, text)

    def _is_stalled(self, track: _Track, now_s: float) -> bool:
        assert track.input is not None
        position = track.input.ring.last_position
        if track.seen_at_s is None or position != track.seen_position:
            track.seen_position = position
            track.seen_at_s = now_s
        return now_s - track.seen_at_s > _STALL_S

    def _tell(self, kind: NoticeKind, track: _Track, text: str) -> None:
        self._send(Notice(kind=kind, text=text, stream=track.stream))

    def _send(self, notice: Notice) -> None:
        log.info("%s: %s", notice.stream, notice.kind)
        self._on_notice(notice)

    def _tell_crash(self, crash: Crash) -> None:
        log.error("recorder: %s", crash.traceback_text)
        text = say(
            "Recording stopped because of an error in the program. What came before is kept."
        )
        self._on_notice(Notice(kind=NoticeKind.OTHER, text=text, ends_recording=True))

    def _close_inputs(self) -> None:
        for track in self._tracks:
            if track.input is not None:
                track.input.close()

    def _close_writers(self) -> None:
        for track in self._tracks:
            try:
                track.writer.close()
            except OSError as error:
                log.warning("%s: the end was not written: %s", track.stream, error)


def _disk_text(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        cause = say("The disk is full")
    else:
        cause = say("The disk refused to be written ({cause})", cause=error.strerror or error)
    return say(
        "{cause}, so recording stopped. What came before is kept; free some space to go on.",
        cause=cause,
    )
