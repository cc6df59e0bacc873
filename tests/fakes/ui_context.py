"""A whole program in memory for the window: library, recorder, importer, exporter, models."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.domain.errors import Cancelled, Category, KnownError
from app.domain.ids import MeetingId, SegmentId, SpeakerId, StreamId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.meeting import Meeting, MeetingState, MeetingTranscript
from app.domain.ports import (
    ExporterInfo,
    ExportOptions,
    InputDevice,
    ModelStatus,
)
from app.domain.session import OperatingPoint
from app.domain.speakers import SpeakerProfile
from app.domain.units import Span
from app.lib.clock import SystemClock
from app.lib.paths import Paths
from app.services.context import AppContext
from app.services.diagnostics import Check, DiagnosticsService
from app.services.events import HoldChanged, Listener, Marked, MeetingEvent, Progressed
from app.services.exporting import ExportingService
from app.services.inbox import InboxService
from app.services.listening import ListeningService, Solo
from app.services.models import ModelsService
from app.services.recording import LiveMeeting, RecordingRequest, RecordingService
from app.services.retention import Due, RetentionService
from app.services.speakers import SpeakersService
from app.services.transcribing import TranscribeRequest, TranscribingService
from app.services.updates import SUMMARY, UpdatesService
from app.settings.files import SettingsFile
from app.settings.schema import Settings
from tests.fakes import ui_meetings as made
from tests.fakes.ui_library import FakeLibrary

WAIT_S = 20.0
SOLO_FILE = Path("/nonexistent/solo.s16")


class FakeLiveMeeting(LiveMeeting):
    """A recording that plays a tape when told to."""

    is_stopped = False

    def __init__(self, library: FakeLibrary, request: RecordingRequest, listener: Listener) -> None:
        self.meeting_id = MeetingId("live0001")
        self.request = request
        self.tape = made.tape(self.meeting_id)
        self.held: Hold | None = None
        self.points: list[OperatingPoint] = []
        self.markers: list[Marker] = []
        self._library = library
        self._listener = listener
        self._elapsed_s = 0.0
        self._done = threading.Event()

    def emit(self, *events: MeetingEvent) -> None:
        """Send events as the engine's thread would."""
        thread = threading.Thread(target=lambda: [self._listener(e) for e in events], name="tape")
        thread.start()
        thread.join()

    def play_until(self, seconds: float) -> None:
        """Send everything on the tape up to a moment."""
        due = [event for event in self.tape if event.t <= seconds]
        self.tape = self.tape[len(due) :]
        self._elapsed_s = seconds
        self.emit(*due)

    def finish(self) -> None:
        """Send what follows a stop, the library knowing the meeting then."""
        title = self.request.title or "Meeting"
        about = made.meeting(self.meeting_id, title)
        self._library.transcripts[self.meeting_id] = made.transcript(about)
        self._done.set()
        self.emit(*made.closing_events(self.meeting_id))

    @property
    def hold(self) -> Hold | None:
        return self.held

    def pause(self, reason: HoldReason = HoldReason.PAUSED) -> Hold:
        self.held = Hold(start=self.now(), end=None, reason=reason)
        self._tell(HoldChanged, hold=self.held)
        return self.held

    def resume(self) -> Hold | None:
        if self.held is None:
            return None
        ended = replace(self.held, end=self.now() + 1)
        self.held = None
        self._tell(HoldChanged, hold=ended)
        return ended

    def use_point(self, point: OperatingPoint) -> None:
        self.points.append(point)

    def now(self) -> int:
        return round(self._elapsed_s * 16_000)

    def mark(self, note: str = "", at: int | None = None) -> Marker:
        marker = Marker(at=self.now() if at is None else at, note=note)
        self.markers.append(marker)
        self._tell(Marked, marker=marker)
        return marker

    def _tell(self, event: type[HoldChanged | Marked], **fields: Any) -> None:
        self._listener(event(meeting_id=self.meeting_id, t=self._elapsed_s, **fields))

    def levels_dbfs(self) -> Mapping[StreamId, float]:
        return {stream: -14.0 - 8 * n for n, stream in enumerate(self.request.devices)}

    def elapsed(self) -> timedelta:
        return timedelta(seconds=self._elapsed_s)

    def stop(self) -> None:
        self.is_stopped = True

    def wait(self, timeout_s: float | None = None) -> bool:
        return self._done.wait(timeout_s)


class FakeRecording(RecordingService):
    """Two devices, one recording at a time."""

    def __init__(self, library: FakeLibrary) -> None:
        self._library = library
        self.failure: BaseException | None = None
        self.live: FakeLiveMeeting | None = None
        self.prepared_count = 0
        self.devices: tuple[InputDevice, ...] = (
            _device("mic:0", "Built-in microphone", StreamId.MIC, is_default=True),
            _device("mic:1", "Jabra Evolve2 65 headset", StreamId.MIC),
            _device("sys:0", "Monitor of built-in speakers", StreamId.SYSTEM, is_default=True),
        )

    def list_devices(self) -> tuple[InputDevice, ...]:
        return self.devices

    def prepare(self) -> None:
        self.prepared_count += 1

    def start(self, request: RecordingRequest, listener: Listener) -> LiveMeeting:
        if self.failure is not None:
            raise self.failure
        self.live = FakeLiveMeeting(self._library, request, listener)
        return self.live

    @property
    def current(self) -> LiveMeeting | None:
        return self.live


class FakeTranscribing(TranscribingService):
    """Imports go on step by step as `allow` is called."""

    def __init__(self, library: FakeLibrary) -> None:
        self._library = library
        self._permits = threading.Semaphore(0)
        self.requests: list[TranscribeRequest] = []
        self.cancelled = threading.Event()
        self.failure: BaseException | None = None
        self.refined: list[MeetingId] = []
        self.parts: list[Span | None] = []
        self.unfinished: tuple[Meeting, ...] = ()

    def allow(self, steps: int) -> None:
        """Let the running import go on; four steps finish it."""
        for _ in range(steps):
            self._permits.release()

    def transcribe(
        self,
        request: TranscribeRequest,
        listener: Listener,
        cancel: threading.Event | None = None,
    ) -> MeetingId:
        self.requests.append(request)
        if self.failure is not None:
            raise self.failure
        meeting_id = MeetingId(f"file{len(self.requests):04}")
        if request.is_realtime:
            for event in made.tape(meeting_id):
                listener(event)
        for step in range(4):
            listener(Progressed(meeting_id=meeting_id, t=0, share=step / 4, step="transcribing"))
            while not self._permits.acquire(timeout=0.02):
                if cancel is not None and cancel.is_set():
                    self.cancelled.set()
                    raise Cancelled
        about = made.meeting(meeting_id, request.title or "File")
        self._library.transcripts[meeting_id] = made.transcript(about)
        return meeting_id

    def refine(
        self,
        meeting_id: MeetingId,
        listener: Listener,
        cancel: threading.Event | None = None,
        *,
        part: Span | None = None,
    ) -> None:
        self.refined.append(meeting_id)
        self.parts.append(part)

    def pending(self) -> tuple[Meeting, ...]:
        return self.unfinished


class FakeExporting(ExportingService):
    """Writes plain text whatever the format."""

    def __init__(self, library: FakeLibrary) -> None:
        self._library = library
        self.failure: BaseException | None = None
        self.written: list[tuple[str, Path, ExportOptions | None]] = []
        self.rendered: list[tuple[str, ExportOptions | None]] = []

    def formats(self) -> tuple[ExporterInfo, ...]:
        return tuple(
            ExporterInfo(format_id=format_id, title=title, suffix=suffix)
            for format_id, title, suffix in (
                ("docx", "Word document", ".docx"),
                ("json", "Crosstalk JSON", ".json"),
                ("md", "Markdown", ".md"),
                ("rttm", "NIST RTTM, who speaks when", ".rttm"),
                ("srt", "SubRip captions", ".srt"),
                ("txt", "Plain text", ".txt"),
                ("vtt", "WebVTT captions", ".vtt"),
            )
        )

    def export(
        self,
        meeting_id: MeetingId,
        format_id: str,
        path: Path | None = None,
        options: ExportOptions | None = None,
    ) -> Path:
        if self.failure is not None:
            raise self.failure
        assert path is not None
        t = self._library.transcript(meeting_id)
        lines = [f"# {t.meeting.title}", ""]
        lines += [f"**{t.label_of(s.track)}**: {t.text_of(s)}\n" for s in t.segments]
        path.write_text("\n".join(lines), encoding="utf-8")
        self.written.append((format_id, path, options))
        return path

    def render(
        self, meeting_id: MeetingId, format_id: str, options: ExportOptions | None = None
    ) -> bytes:
        t = self._library.transcript(meeting_id)
        self.rendered.append((format_id, options))
        lines = [f"# {t.meeting.title}"]
        lines += [f"**{t.label_of(s.track)}**: {t.text_of(s)}" for s in t.segments]
        return "\n\n".join(lines).encode()

    def file_stem(self, meeting: Meeting) -> str:
        return meeting.title


class FakeRetention(RetentionService):
    """Deletes what a test says is due."""

    def __init__(self, library: FakeLibrary) -> None:
        self._library = library
        self.next = Due()

    def due(self) -> Due:
        return self.next

    def sweep(self) -> Due:
        found, self.next = self.next, Due()
        for meeting in found.meetings:
            del self._library.transcripts[meeting.meeting_id]
        return found

    def delete_audio(self, meeting_id: MeetingId) -> int:
        t = self._library.transcript(meeting_id)
        meeting = replace(t.meeting, streams=())
        self._library.transcripts[meeting_id] = replace(t, meeting=meeting)
        return 3_200_000


class FakeInbox(InboxService):
    """Hands out what a test puts in."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.finished: list[Path] = []
        self.failure: KnownError | None = None

    def look(self) -> tuple[Path, ...]:
        if self.failure is not None:
            raise self.failure
        found, self.files = tuple(self.files), []
        return found

    def done(self, path: Path) -> None:
        self.finished.append(path)


class FakeSpeakers(SpeakersService):
    """Two enrolled people; `alike` are the lines that sound like any others."""

    def __init__(self) -> None:
        self.alike: tuple[SegmentId, ...] | None = None
        self.asked: list[tuple[SegmentId, ...]] = []

    def list(self) -> tuple[SpeakerProfile, ...]:
        when = datetime(2026, 5, 1, tzinfo=UTC)
        return tuple(
            SpeakerProfile(
                speaker_id=SpeakerId(f"p-{name}"), name=name, created_at=when, has_consent=True
            )
            for name in ("Dana Scully", "Ines Duarte")
        )

    def sounding_like(
        self, meeting_id: MeetingId, segment_ids: Sequence[SegmentId]
    ) -> tuple[SegmentId, ...]:
        self.asked.append(tuple(segment_ids))
        if self.alike is None:
            raise KnownError("These lines sound like everything else.")
        return (*segment_ids, *self.alike)


class FakeModels(ModelsService):
    """Weights that are missing until they are fetched."""

    def __init__(self, missing: tuple[ModelStatus, ...] = ()) -> None:
        self.missing = missing
        self.failure: BaseException | None = None
        self.may_finish = threading.Event()
        self.pause: threading.Event | None = None
        self.damaged = ""

    def list(self) -> tuple[ModelStatus, ...]:
        here = replace(
            missing_model(),
            model_id="moonshine-tiny-en",
            title="Moonshine tiny",
            state="ok",
            languages=("en",),
            size_bytes=43_000_000,
            memory_mb=190,
        )
        big = replace(here, model_id="whisper-large", title="Whisper large", is_default=False,
                      languages=("*",), size_bytes=3_090_000_000, memory_mb=9800,
                      fits_this_machine=False)  # fmt: skip
        voices = replace(
            here,
            model_id="campplus-zh-en",
            title="CAM++ voices",
            role="embedding",
            languages=("*",),
            size_bytes=28_000_000,
            licence="Apache-2.0",
        )
        base = missing_model() if self.missing else replace(missing_model(), state="ok")
        return (base, here, big, voices)

    def verify(self, model_id: str | None = None) -> tuple[ModelStatus, ...]:
        return tuple(
            replace(status, state="damaged") if status.model_id == self.damaged else status
            for status in self.list()
        )

    def import_folder(self, folder: Path) -> tuple[ModelStatus, ...]:
        if self.failure is not None:
            raise self.failure
        self.missing = ()
        return self.list()[:1]

    def missing_defaults(self) -> tuple[ModelStatus, ...]:
        return self.missing

    def fetch(
        self,
        model_id: str,
        on_progress: Callable[[str, float], None] | None = None,
        cancel: threading.Event | None = None,
        pause: threading.Event | None = None,
    ) -> ModelStatus:
        if self.failure is not None:
            raise self.failure
        assert on_progress is not None
        self.pause = pause
        for percent in range(0, 60, 5):
            on_progress("whisper-base", percent / 100)
        while not self.may_finish.wait(0.01):
            if cancel is not None and cancel.is_set():
                raise Cancelled
        status = self.missing[0]
        self.missing = ()
        return status


class FakeDiagnostics(DiagnosticsService):
    """Finds what a test says."""

    def __init__(self) -> None:
        """Nothing behind it."""
        self.checks: tuple[Check, ...] = ()
        self.failure: KnownError | None = None
        self.chirps: list[bool] = []

    def run(self, *, with_chirp: bool = False) -> tuple[Check, ...]:
        self.chirps.append(with_chirp)
        if self.failure is not None:
            raise self.failure
        return self.checks


class FakeListening(ListeningService):
    """Gives a file that only the fake player takes."""

    def __init__(self, library: FakeLibrary) -> None:
        """Nothing behind it."""
        self.library = library
        self.asked: list[SegmentId] = []
        self.complaint = ""

    def solo(self, meeting_id: MeetingId, segment_id: SegmentId) -> Solo:
        self.asked.append(segment_id)
        if self.complaint:
            raise KnownError(self.complaint)
        segments = self.library.transcript(meeting_id).segments
        span = next(s.span for s in segments if s.segment_id == segment_id)
        return Solo(path=SOLO_FILE, span=span)


class FakeUpdates(UpdatesService):
    """The real service with a PyPI of its own."""

    def __init__(self, settings_file: SettingsFile, data_dir: Path) -> None:
        super().__init__(
            lambda: settings_file.current, SystemClock(), data_dir, get_json=self._answer
        )
        self.asked: list[str] = []
        self.newest = "0.1.0"
        self.is_online = True

    def _answer(self, url: str, timeout_s: float) -> object:
        self.asked.append(url)
        if not self.is_online:
            raise OSError("no route to host")
        return {"info": {"version": self.newest, "summary": SUMMARY, "yanked": False}}


@dataclass
class FakePlayer:
    """Plays in no time; tests move the position."""

    played: list[tuple[tuple[Path, ...], float]] = field(default_factory=list)
    ends: list[float | None] = field(default_factory=list)
    position: float | None = None
    speed: float = 1.0
    noise_limit_db: float = 0.0

    def play(
        self,
        spools: Sequence[Path],
        start_s: float,
        end_s: float | None = None,
        *,
        speed: float = 1.0,
        noise_limit_db: float = 0.0,
    ) -> None:
        self.played.append((tuple(spools), start_s))
        self.ends.append(end_s)
        self.speed = speed
        self.noise_limit_db = noise_limit_db
        self.position = start_s

    def stop(self) -> None:
        self.position = None

    def position_s(self) -> float | None:
        return self.position


def missing_model() -> ModelStatus:
    """A default model that is not there."""
    return ModelStatus(
        model_id="whisper-base",
        role="asr",
        title="Whisper base",
        licence="MIT",
        languages=("*",),
        size_bytes=312_000_000,
        memory_mb=400,
        is_default=True,
        state="missing",
        folder=Path("/nonexistent"),
        fits_this_machine=True,
        sha256="0" * 64,
    )


def disk_full() -> KnownError:
    """A failure that the user can act on."""
    return KnownError(
        "The disk is full. Everything recorded so far is kept. Free some space, then go on.",
        category=Category.DISK,
    )


@functools.cache
def library_meetings() -> tuple[MeetingTranscript, ...]:
    """Meetings of several days; they cannot be changed, and every test of the window needs them."""
    rows = (
        ("m0000001", "Release planning", 0.05, 2880, MeetingState.DONE),
        ("m0000002", "Interview with a customer", 0.3, 1710, MeetingState.REFINING),
        ("m0000003", "Weekly review", 1.1, 3300, MeetingState.DONE),
        ("m0000004", "Design critique: the new window", 1.3, 2460, MeetingState.DONE),
        ("m0000005", "Call after the storm", 3.2, 940, MeetingState.RECORDED),
        ("m0000006", "Hiring round, second candidate", 5.1, 3720, MeetingState.DONE),
        ("m0000007", "Board meeting", 24, 8400, MeetingState.DONE),
        ("m0000008", "Kick-off", 40, 5100, MeetingState.DONE),
    )
    return tuple(
        made.transcript(
            made.meeting(i, title, age_days=age, duration_s=length, state=state),
            _FIRST if i == "m0000001" else made.DIALOGUE,
        )
        for i, title, age, length, state in rows
    )


_FIRST = made.dialogue_of(2880)


@dataclass(kw_only=True)
class FakeContext(AppContext):
    """Every service is a fake."""

    paths: Paths
    settings_file: SettingsFile
    opening_notices: tuple[str, ...] = ()
    recovered: tuple[Meeting, ...] = ()
    library: FakeLibrary
    recording: RecordingService
    transcribing: TranscribingService
    exporting: ExportingService
    retention: RetentionService
    inbox: InboxService
    speakers: SpeakersService
    models: ModelsService
    diagnostics: DiagnosticsService
    player: FakePlayer
    listening: ListeningService
    updates: UpdatesService


def make_context(
    data_dir: Path,
    transcripts: Sequence[MeetingTranscript] | None = None,
    *,
    missing_models: tuple[ModelStatus, ...] = (),
    settings: Settings | None = None,
) -> AppContext:
    """A program whose every service is a fake; None fills the library."""
    settings_file = SettingsFile(data_dir / "settings.toml", settings or Settings())
    library = FakeLibrary(library_meetings() if transcripts is None else transcripts)
    return FakeContext(
        paths=Paths(data_dir=data_dir, models_dir=data_dir / "models"),
        library=library,
        recording=FakeRecording(library),
        transcribing=FakeTranscribing(library),
        exporting=FakeExporting(library),
        retention=FakeRetention(library),
        inbox=FakeInbox(),
        speakers=FakeSpeakers(),
        models=FakeModels(missing_models),
        diagnostics=FakeDiagnostics(),
        player=FakePlayer(),
        listening=FakeListening(library),
        updates=FakeUpdates(settings_file, data_dir),
        settings_file=settings_file,
    )


def _device(key: str, name: str, stream: StreamId, *, is_default: bool = False) -> InputDevice:
    return InputDevice(
        key=key, name=name, stream=stream, is_default=is_default, rate_hz=48_000, channels=1
    )
