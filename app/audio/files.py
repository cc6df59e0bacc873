"""Decodes files into spools, through the same interface as a recording."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from app.audio.decode import Decoder, Sound
from app.audio.levels import LEVEL_WINDOW_S, LevelMeter, rms_dbfs
from app.audio.resample import SessionResampler
from app.audio.ring import Int16Array
from app.audio.spool import SAMPLE_BYTES, SPOOL_SUFFIX, Spool, to_float
from app.domain.errors import Cancelled, Category, KnownError
from app.domain.ids import StreamId
from app.domain.meeting import StreamInfo
from app.domain.messages import Float32Array, Notice, NoticeKind
from app.domain.ports import SampleSource
from app.domain.sentences import say
from app.domain.units import SESSION_RATE_HZ
from app.lib.clock import Clock, SystemClock
from app.lib.threads import Crash, Worker

log = logging.getLogger(__name__)

MAX_DURATION_S = 24 * 3600.0
SILENCE_BELOW_DBFS = -60.0
DISK_RESERVE_BYTES = 200_000_000
_REALTIME_BLOCK_S = 0.1
_FAST_BLOCK_S = 1.0
_SYNC_EVERY_S = 1.0
_PROGRESS_STEP = 0.005
_JOIN_S = 30.0


class FileImporter:
    """Looks at files and decodes them."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    def probe(self, path: Path) -> StreamInfo:
        """Look at a file without decoding all of it; see `AudioFiles.probe`.

        Returns:
            Its format; `sample_count` from the duration that the file claims, None when it
            claims none; `spool_path` is where an import into the current folder would put it.
        """
        with Decoder(path) as decoder:
            first = next(decoder.sounds(), None)
            if first is None:
                raise _nothing_decoded(path)
            duration_s = decoder.duration_s
            return StreamInfo(
                stream=StreamId.MIX,
                device=path.name,
                rate_hz=first.rate_hz,
                channels=decoder.channels,
                spool_path=Path(f"{StreamId.MIX}{SPOOL_SUFFIX}"),
                original_paths=(path,),
                sample_count=None if duration_s is None else round(duration_s * SESSION_RATE_HZ),
            )

    def start_import(
        self,
        inputs: Mapping[StreamId, Path],
        folder: Path,
        *,
        is_realtime: bool,
        on_progress: Callable[[float], None] | None = None,
        on_notice: Callable[[Notice], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> FileImport:
        """Decode files into spools in a thread; see `AudioFiles.start_import`.

        Blocks until the first sound above -60 dBFS was found in each file, so that a silent file
        is refused before anything is stored.

        Args:
            on_notice: Told once per file that is damaged or cut short, from the import's thread.

        Raises:
            KnownError: A file cannot be opened, decodes to nothing, holds no sound, is longer
                than 24 h, or does not fit on the disk; nothing is left in `folder`.
            Cancelled: `cancel` was set meanwhile.
        """
        if not inputs:
            raise KnownError("Choose at least one file to transcribe.")
        cancel = cancel or threading.Event()
        for path in inputs.values():
            check_has_sound(path, cancel)
        check_fits(inputs.values(), folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return FileImport(
                inputs,
                folder,
                is_realtime=is_realtime,
                on_progress=on_progress or (lambda _share: None),
                on_notice=on_notice or (lambda _notice: None),
                cancel=cancel,
                clock=self._clock,
            )
        except OSError as error:
            raise KnownError(
                say(
                    "{folder} cannot be written ({cause}). Choose another data folder or "
                    "free some space.",
                    folder=folder,
                    cause=error.strerror or error,
                ),
                category=Category.DISK,
            ) from error


class _Reader:
    """One file on its way into one spool, pulled block by block."""

    def __init__(self, stream: StreamId, path: Path, folder: Path) -> None:
        self.stream = stream
        self.path = path
        self.decoder = Decoder(path)
        self.spool = Spool.create(folder / f"{stream}{SPOOL_SUFFIX}")
        self.meter = LevelMeter(SESSION_RATE_HZ)
        self.is_done = False
        self._blocks = self._convert()
        self._waiting: list[Int16Array] = []
        self._waiting_count = 0

    @property
    def position_s(self) -> float:
        return self.spool.sample_count / SESSION_RATE_HZ

    @property
    def share(self) -> float:
        if self.is_done:
            return 1.0
        duration_s = self.decoder.duration_s
        return min(0.99, self.position_s / duration_s) if duration_s else 0.0

    def advance(self, samples: int) -> bool:
        """Append the next `samples` samples to the spool, fewer at the end of the file.

        Returns:
            Whether that was the end.
        """
        while self._waiting_count < samples and not self.is_done:
            block = next(self._blocks, None)
            if block is None:
                self.is_done = True
            else:
                self._waiting.append(block)
                self._waiting_count += len(block)
        waiting = np.concatenate(self._waiting) if self._waiting else np.zeros(0, dtype=np.int16)
        now, rest = waiting[:samples], waiting[samples:]
        self._waiting = [rest]
        self._waiting_count = len(rest)
        self.is_done = self.is_done and not len(rest)
        self.meter.push(to_float(now))
        self.spool.append(now)
        return self.is_done

    def close(self) -> None:
        self.spool.close()
        self.decoder.close()

    def is_cut_short(self) -> bool:
        """Whether clearly less came than the file claims."""
        claimed_s = self.decoder.duration_s or 0.0
        tolerance_s = 0.5 + claimed_s * (0.1 if self.decoder.is_duration_estimated else 0.01)
        return self.decoder.is_damaged or self.position_s < claimed_s - tolerance_s

    def _convert(self) -> Iterator[Int16Array]:
        resampler: SessionResampler | None = None
        for sound in _joined(self.decoder.sounds()):
            if resampler is None or resampler.rate_hz != sound.rate_hz:
                if resampler is not None:
                    yield resampler.finish()
                resampler = SessionResampler(sound.rate_hz)
            if sound.gap_before_s:
                yield resampler.push(_silence(sound.gap_before_s, sound.rate_hz))
            yield resampler.push(sound.samples)
        if resampler is not None:
            yield resampler.finish()


class FileImport:
    """Files being decoded into spools; the `Capture` of files.

    The streams advance together on one time line; a shorter file simply ends earlier.
    """

    def __init__(
        self,
        inputs: Mapping[StreamId, Path],
        folder: Path,
        *,
        is_realtime: bool,
        on_progress: Callable[[float], None],
        on_notice: Callable[[Notice], None],
        cancel: threading.Event,
        clock: Clock,
    ) -> None:
        self._is_realtime = is_realtime
        self._on_progress = on_progress
        self._on_notice = on_notice
        self._cancel = cancel
        self._clock = clock
        self._readers: list[_Reader] = []
        try:
            for stream, path in inputs.items():
                self._readers.append(_Reader(stream, path, folder))
        except BaseException:
            self._close()
            raise
        self._worker = Worker("file-import", self._run, on_crash=self._tell_crash).start()

    def sources(self) -> Mapping[StreamId, SampleSource]:
        """The growing spools."""
        return {reader.stream: reader.spool for reader in self._readers}

    def levels_dbfs(self) -> Mapping[StreamId, float]:
        """The RMS level of the last 100 ms per stream."""
        return {reader.stream: reader.meter.level_dbfs for reader in self._readers}

    def duration_s(self) -> float:
        """Seconds stored so far, of the longest stream."""
        return max(reader.position_s for reader in self._readers)

    def stop(self) -> tuple[StreamInfo, ...]:
        """End the import; what was decoded is kept, all of it if the sources were closed."""
        if not self._worker.stop(_JOIN_S):
            log.error("the import did not end within %s s", _JOIN_S)
        return tuple(
            StreamInfo(
                stream=reader.stream,
                device=reader.path.name,
                rate_hz=reader.decoder.rate_hz,
                channels=reader.decoder.channels,
                spool_path=reader.spool.path,
                original_paths=(reader.path,),
                sample_count=reader.spool.sample_count,
            )
            for reader in self._readers
        )

    def _run(self, stop: threading.Event) -> None:
        block_s = _REALTIME_BLOCK_S if self._is_realtime else _FAST_BLOCK_S
        block_samples = round(block_s * SESSION_RATE_HZ)
        started_s = self._clock.monotonic()
        synced_s = started_s
        told_share = -1.0
        position_s = 0.0
        try:
            while not all(reader.is_done for reader in self._readers):
                position_s += block_s
                if self._is_realtime:
                    # A block exists once its last sample has been "spoken".
                    stop.wait(max(0.0, started_s + position_s - self._clock.monotonic()))
                if stop.is_set() or self._cancel.is_set():
                    return
                for reader in self._readers:
                    self._advance(reader, block_samples)
                if self._clock.monotonic() - synced_s >= _SYNC_EVERY_S:
                    synced_s = self._clock.monotonic()
                    for reader in self._readers:
                        reader.spool.sync()
                share = min(reader.share for reader in self._readers)
                if share - told_share >= _PROGRESS_STEP:
                    told_share = share
                    self._on_progress(share)
            self._on_progress(1.0)
        except OSError as error:
            log.warning("import stops: %s", error)
            text = say(
                "Decoding stopped because the disk refused to be written ({cause}). What "
                "was decoded is kept; free some space.",
                cause=error.strerror or error,
            )
            self._on_notice(Notice(kind=NoticeKind.DISK, text=text))
        finally:
            self._close()

    def _advance(self, reader: _Reader, samples: int) -> None:
        if reader.is_done or not reader.advance(samples):
            return
        if reader.is_cut_short():
            text = say(
                "{file} is damaged or cut short: the {length} that can be decoded are used.",
                file=reader.path.name,
                length=_clock_text(reader.position_s),
            )
            self._on_notice(Notice(kind=NoticeKind.OTHER, text=text, stream=reader.stream))
        reader.spool.sync()
        reader.spool.close()

    def _close(self) -> None:
        for reader in self._readers:
            reader.close()

    def _tell_crash(self, crash: Crash) -> None:
        log.error("import: %s", crash.traceback_text)
        text = say("Decoding stopped because of an error in the program. What came before is kept.")
        self._on_notice(Notice(kind=NoticeKind.OTHER, text=text))


def check_has_sound(path: Path, cancel: threading.Event) -> None:
    """Decode until 100 ms reach -60 dBFS.

    Raises:
        KnownError: The file cannot be opened, decodes to nothing, or holds no sound.
        Cancelled: `cancel` was set.
    """
    is_any = False
    with Decoder(path) as decoder:
        for sound in _joined(decoder.sounds()):
            if cancel.is_set():
                raise Cancelled
            is_any = True
            window = max(1, round(LEVEL_WINDOW_S * sound.rate_hz))
            starts = range(0, len(sound.samples), window)
            if any(
                rms_dbfs(sound.samples[start : start + window]) >= SILENCE_BELOW_DBFS
                for start in starts
            ):
                return
    if not is_any:
        raise _nothing_decoded(path)
    raise KnownError(
        say(
            "{file} holds no sound: nothing in it is louder than {level} dBFS. Check that "
            "the right source was recorded.",
            file=path.name,
            level=f"{SILENCE_BELOW_DBFS:.0f}",
        )
    )


def check_fits(paths: Iterable[Path], folder: Path) -> None:
    """Refuse files that are too long, or whose spools would fill the disk.

    Raises:
        KnownError: Says how much is needed and how much is free.
    """
    needed_bytes = 0
    for path in paths:
        with Decoder(path) as decoder:
            duration_s = decoder.duration_s or 0.0
        if duration_s > MAX_DURATION_S:
            raise KnownError(
                say(
                    "{file} is {hours} hours long; at most {most} hours are accepted. Cut it "
                    "into parts.",
                    file=path.name,
                    hours=f"{duration_s / 3600:.0f}",
                    most=f"{MAX_DURATION_S / 3600:.0f}",
                )
            )
        needed_bytes += round(duration_s * SESSION_RATE_HZ) * SAMPLE_BYTES
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free_bytes = shutil.disk_usage(existing).free
    if needed_bytes + DISK_RESERVE_BYTES > free_bytes:
        raise KnownError(
            say(
                "Decoding needs {needed} of disk space, and {free} are free. Free some space "
                "or choose another data folder.",
                needed=_size_text(needed_bytes + DISK_RESERVE_BYTES),
                free=_size_text(free_bytes),
            ),
            category=Category.DISK,
        )


def _size_text(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"


def _joined(sounds: Iterator[Sound]) -> Iterator[Sound]:
    """Join short pieces to about half a second, so that each costs little."""
    held: list[Sound] = []
    for sound in sounds:
        is_break = bool(held) and (sound.gap_before_s > 0 or sound.rate_hz != held[0].rate_hz)
        if held and (is_break or sum(len(s.samples) for s in held) >= held[0].rate_hz // 2):
            yield _join(held)
            held = []
        held.append(sound)
    if held:
        yield _join(held)


def _join(held: list[Sound]) -> Sound:
    return Sound(
        samples=np.concatenate([sound.samples for sound in held]),
        rate_hz=held[0].rate_hz,
        gap_before_s=held[0].gap_before_s,
    )


def _silence(duration_s: float, rate_hz: int) -> Float32Array:
    return np.zeros(round(duration_s * rate_hz), dtype=np.float32)


def _nothing_decoded(path: Path) -> KnownError:
    return KnownError(
        say(
            "{file} holds no audio that can be decoded: it is empty or damaged. Copy or "
            "record it again.",
            file=path.name,
        )
    )


def _clock_text(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
