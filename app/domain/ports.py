"""The plugs between packages: what services ask of stores, devices, engines and models."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from app.domain.errors import ErrorReport
from app.domain.ids import MeetingId, SegmentId, SpeakerId, StreamId, TrackId
from app.domain.marks import Hold, Marker
from app.domain.meeting import (
    Meeting,
    MeetingState,
    MeetingSummary,
    MeetingTranscript,
    SearchHit,
    StreamInfo,
)
from app.domain.messages import (
    Float32Array,
    Health,
    IntArray,
    ModelUse,
    Notice,
    SegmentUpdate,
    SpeakerTurn,
    TrackState,
    TranscriptPatch,
    Word,
)
from app.domain.selection import LineSelection
from app.domain.session import (
    CheckJob,
    ClipEmbedding,
    EmbedJob,
    OperatingPoint,
    RefineJob,
    SessionConfig,
)
from app.domain.speakers import MeetingSpeaker, SpeakerProfile, Voiceprint
from app.domain.units import Span

# --- Audio ---------------------------------------------------------------------------------


class SampleSource(Protocol):
    """A growing log of 16 kHz samples that any number of readers can read from any position."""

    def read(self, start: int, max_samples: int, timeout_s: float) -> Float32Array | None:
        """Read up to `max_samples` from sample `start` on.

        Returns:
            float32 (n,), n > 0; an empty array if nothing came within `timeout_s`; None when the
            log is closed and `start` is its end.
        """
        ...

    @property
    def sample_count(self) -> int:
        """Samples written so far."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InputDevice:
    """Something that can be recorded.

    Attributes:
        key: Stable across restarts; what `--mic` and `--system` take (a unique part of the name
            is accepted too).
        is_default: What "default" means now.
        rate_hz, channels: Native.
        is_headphones: Of system audio, whether it plays into ears only; None where nobody knows.
    """

    key: str
    name: str
    stream: StreamId
    is_default: bool
    rate_hz: int
    channels: int
    is_headphones: bool | None = None


class Capture(Protocol):
    """A running recording of one or more streams: disk first, everything else reads from there."""

    def sources(self) -> Mapping[StreamId, SampleSource]:
        """The growing spools that the engine reads."""
        ...

    def levels_dbfs(self) -> Mapping[StreamId, float]:
        """The RMS level of the last 100 ms per stream, in dBFS (-120 for silence)."""
        ...

    def duration_s(self) -> float:
        """Seconds stored so far."""
        ...

    def stop(self) -> tuple[StreamInfo, ...]:
        """Close the devices, drain what was captured to disk, close the spools; idempotent.

        Returns:
            What was stored per stream, counts filled in.
        """
        ...


class Recording(Capture, Protocol):
    """A running recording of devices."""

    @property
    def has_headphones(self) -> bool | None:
        """Whether the recorded system audio plays into ears only; None where nobody knows."""
        ...

    def hold(self) -> int:
        """Store nothing of what is captured from now on; silence stands in its place.

        Thread: any.

        Returns:
            The session sample from which on nothing is stored; of the running hold, if there is
            one.
        """
        ...

    def release(self) -> int | None:
        """Store again what is captured from now on.

        Thread: any.

        Returns:
            The session sample from which on sound is stored; None when nothing is held.
        """
        ...


class CaptureBackend(Protocol):
    """Opens devices; one per operating system."""

    def list_devices(self) -> tuple[InputDevice, ...]:
        """Everything that can be recorded now.

        Raises:
            KnownError: The sound server cannot be reached; the message says what to do.
        """
        ...

    def start(
        self,
        devices: Mapping[StreamId, str],
        folder: Path,
        on_notice: Callable[[Notice], None],
    ) -> Recording:
        """Start to record into `folder`.

        Args:
            devices: Per stream, a device key, a unique part of a name, or "default".
            folder: The meeting's own folder; made if missing.
            on_notice: Called from the recorder's thread.

        Raises:
            KnownError: A device is unknown or cannot be opened; nothing is left running.
        """
        ...


class AudioFiles(Protocol):
    """Decodes files into spools."""

    def probe(self, path: Path) -> StreamInfo:
        """Look at a file without decoding all of it.

        Raises:
            KnownError: Missing, unreadable, not audio, or empty: says which.
        """
        ...

    def start_import(
        self,
        inputs: Mapping[StreamId, Path],
        folder: Path,
        *,
        is_realtime: bool,
        on_progress: Callable[[float], None] | None = None,
        on_notice: Callable[[Notice], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Capture:
        """Decode files into spools in `folder` in a thread, as if they were devices.

        Args:
            inputs: One file per stream; all start at session time 0.
            is_realtime: Feed at the pace of the clock; else as fast as the disk.
            on_progress: Called with the decoded share in [0, 1].
            on_notice: Told of a file that is damaged or cut short, from the import's thread.

        Raises:
            KnownError: A file cannot be opened, decodes to nothing, or holds no sound.
            Cancelled: `cancel` was set before the first sound was found.
        """
        ...


class Player(Protocol):
    """Plays stored audio."""

    def play(
        self,
        spools: Sequence[Path],
        start_s: float,
        end_s: float | None = None,
        *,
        speed: float = 1.0,
        noise_limit_db: float = 0.0,
    ) -> None:
        """Play the mix of raw spools from `start_s`; replaces what is playing.

        Args:
            speed: 0.5 is half as fast, 2 twice as fast; voices keep their pitch.
            noise_limit_db: Steady noise becomes at most this much softer; 0 plays the original.

        Raises:
            KnownError: No output device, or noise cannot be reduced on this machine.
        """
        ...

    def stop(self) -> None:
        """Stop playing; harmless when nothing plays."""
        ...

    def position_s(self) -> float | None:
        """Seconds from the start of the recording now heard; None when nothing plays."""
        ...


class VoicePicker(Protocol):
    """Takes one voice out of several that talk at once."""

    def __call__(
        self,
        read: Callable[[int, int], Float32Array],
        span: Span,
        track: TrackId,
        turns: Sequence[tuple[Span, TrackId]],
    ) -> Float32Array | None:
        """What one person says in a stretch.

        Args:
            read: Gives samples [start, end) of a stream at 16 kHz.
            turns: Of the whole stream, in time order.

        Returns:
            float32 (span.length,); None where the voices cannot be told apart.
        """
        ...


# --- Engine --------------------------------------------------------------------------------


class EngineListener(Protocol):
    """Receives what a session produces; all methods are called from one engine-events thread."""

    def on_started(self, models: tuple[ModelUse, ...]) -> None:
        """Models are loaded (called again after a restart)."""
        ...

    def on_patch(self, patch: TranscriptPatch) -> None:
        """The transcript changed."""
        ...

    def on_voices(self, voices: tuple[TrackState, ...]) -> None:
        """What a live session knows of its voices by now; follows a patch."""
        ...

    def on_health(self, health: Health) -> None:
        """Once a second."""
        ...

    def on_notice(self, notice: Notice) -> None:
        """Something the user should see."""
        ...

    def on_error(self, report: ErrorReport) -> None:
        """A stage failed; the session goes on unless the severity is FATAL."""
        ...


class EngineSession(Protocol):
    """One live session; the engine reads the sources until they are closed."""

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the closed sources are processed; returns False on timeout."""
        ...

    def cancel(self) -> None:
        """Stop now, without processing the rest; idempotent."""
        ...

    def teach(self, lines: Mapping[SegmentId, TrackId]) -> None:
        """Whose lines some segments are, as the user says, in place of what was said before.

        The voices behind these lines are told apart better from then on. Any thread.
        """
        ...

    def use_point(self, point: OperatingPoint) -> None:
        """Go on at another operating point; not FINAL. Any thread."""
        ...


class EngineHost(Protocol):
    """Where the models run."""

    def open_session(
        self,
        config: SessionConfig,
        sources: Mapping[StreamId, SampleSource],
        listener: EngineListener,
    ) -> EngineSession:
        """Start a live session; returns at once, models load in the background.

        A crashed engine is restarted and resumes from the last `processed_until`.
        """
        ...

    def refine(
        self,
        job: RefineJob,
        listener: EngineListener,
        *,
        on_progress: Callable[[float, str], None],
        cancel: threading.Event,
    ) -> None:
        """Run the final pass; blocks. Patches arrive at `listener` while it runs.

        Args:
            on_progress: Share done in [0, 1] and the name of the step.

        Raises:
            KnownError: Weights are missing, or the engine failed for good.
            Cancelled: `cancel` was set.
        """
        ...

    def embed(self, job: EmbedJob) -> tuple[ClipEmbedding, ...]:
        """Embed clips; blocks.

        Raises:
            KnownError: Weights are missing, or a clip holds no speech.
        """
        ...

    def check(self, job: CheckJob) -> tuple[ModelUse, ...]:
        """Load every model of `job` once; blocks.

        Raises:
            KnownError: Says which weights are missing and how to get them.
        """
        ...

    def warm_up(self, job: CheckJob) -> None:
        """Load the models of `job` in the background, so that the next activity finds them.

        Returns at once; what is missing is told by the activity that needs it.
        """
        ...

    def close(self) -> None:
        """End the engine process; idempotent."""
        ...


# --- Models (implemented by `app.backends`, called inside the engine) -----------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendInfo:
    """What a backend file says about itself without importing anything heavy.

    Attributes:
        backend_id: What `--asr`, `--segmentation` ... take; also the manifest's model id.
        role: vad, segmentation, embedding, asr, separation or refinement.
        languages: ISO 639-1 codes; ("*",) for many.
        gives_word_times: Words carry measured times, not estimates.
        licence: SPDX id of the weights.
    """

    backend_id: str
    role: str
    title: str
    languages: tuple[str, ...] = ("*",)
    gives_word_times: bool = False
    licence: str = ""


class VoiceActivityModel(Protocol):
    """Streaming voice activity; one object per stream (it carries state)."""

    HOP_SAMPLES: ClassVar[int]

    def probability(self, hop: Float32Array) -> float:
        """The probability of speech in the next `HOP_SAMPLES` samples, in [0, 1]."""
        ...

    def reset(self) -> None:
        """Forget the past."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechAnalysis:
    """Where the voice activity model and its gate find speech in one recording.

    Attributes:
        probabilities: float32 (hops,), of speech in each hop, in [0, 1].
        threshold: The probability above which the gate opens.
        spans: Utterances in time, pre-roll and tail included.
        closed_at: For each span, the sample at which the gate knew of its end.
        hangover_s: The pause that ends an utterance.
    """

    probabilities: Float32Array
    hop_samples: int
    threshold: float
    spans: tuple[Span, ...]
    closed_at: tuple[int, ...]
    hangover_s: float


class SpeechFinder(Protocol):
    """The first stage of the live path alone: for benches."""

    def analyse(self, samples: Float32Array) -> SpeechAnalysis:
        """Run over float32 (n,) at 16 kHz as a session does, from a fresh state."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceTrail:
    """Who talked when, as lane A alone knew it.

    Attributes:
        shown: With the label that could be shown at the promised delay; what could not be shown
            by then is left out.
        settled: The same stretches in the same order, with the label at the end of the recording.
    """

    shown: tuple[SpeakerTurn, ...]
    settled: tuple[SpeakerTurn, ...]


class VoiceFollower(Protocol):
    """The live path up to its speaker labels, without words: for benches."""

    def follow(
        self,
        streams: Mapping[StreamId, Float32Array],
        *,
        label_delay_s: float,
        has_continuity: bool,
        is_echo_handled: bool,
    ) -> VoiceTrail:
        """Run over float32 (n,) at 16 kHz per stream, from a fresh state.

        Args:
            label_delay_s: From sound to its label, in time of the audio; 0.6 at least.
            has_continuity: Whether a voice goes on unless there is a reason.
        """
        ...


class SegmentationModel(Protocol):
    """Who speaks when inside a window, speakers being local to it."""

    MAX_LOCAL_SPEAKERS: ClassVar[int]

    def activity(self, samples: Float32Array) -> tuple[Float32Array, int]:
        """Analyse one window.

        Args:
            samples: float32 (n,) at 16 kHz, one second at least.

        Returns:
            activity float32 (frames, local speakers) in [0, 1], and the frame step in samples.
        """
        ...

    def activity_batch(self, windows: Float32Array) -> tuple[Float32Array, int]:
        """Analyse several windows of one length at once: (batch, n) to (batch, frames, local)."""
        ...


class ClusteringModel(Protocol):
    """Groups vectors of voices by person."""

    def cluster(self, vectors: Float32Array, minimum: int, maximum: int) -> IntArray:
        """Label each vector with the number of its group, from 0 on.

        Args:
            vectors: float32 (n, dimension), n > 0, rows L2-normalised.
            minimum, maximum: How many groups there may be. A group too small to be a person is
                shared out among the others.
        """
        ...


class EmbeddingModel(Protocol):
    """A voice as a vector."""

    DIMENSION: ClassVar[int]
    MIN_SAMPLES: ClassVar[int]

    def embed(self, samples: Float32Array) -> Float32Array:
        """Embed one stretch of one voice.

        Args:
            samples: float32 (n,), n >= MIN_SAMPLES.

        Returns:
            float32 (DIMENSION,), L2-normalised.
        """
        ...

    def embed_pieces(self, pieces: Sequence[Float32Array]) -> Float32Array:
        """Embed several pieces of one voice as if they had been spoken in one go."""
        ...


class SeparationModel(Protocol):
    """Splits a mixture of voices."""

    def separate(self, samples: Float32Array) -> Float32Array:
        """Separate one stretch; returns float32 (sources, n)."""
        ...


class VoiceRefiner(Protocol):
    """Makes estimates of two voices better."""

    def refine(self, mixture: Float32Array, estimates: Float32Array) -> Float32Array:
        """Better estimates, in the order given.

        Args:
            mixture: float32 (n,).
            estimates: float32 (2, n).

        Returns:
            float32 (2, n).
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AsrRequest:
    """How to decode one stretch of audio.

    Attributes:
        language: ISO 639-1 code, or None to detect.
        beam_size: 1 is greedy.
        wants_word_times: Ask for measured word times where the model has them.
        prompt: Text that came before, or terms to prefer; "" for none.
        hotwords: Terms to prefer.
        wants_full_context: Give the model the padding it was trained with: slower, safer.
        prefix: Words at the start of the audio that are settled; the result says what follows.
        prefix_samples: How much of the audio the prefix covers.
        is_open: Speech goes on behind the end of the audio: be quick, do not try again.
        is_padded: Give the model silence up to its longest input, as it was trained; for benches.
        is_guarded: Doubt what looks invented: loops, too many words, words in silence.
    """

    language: str | None = "en"
    beam_size: int = 1
    wants_full_context: bool = False
    prefix: str = ""
    prefix_samples: int = 0
    is_open: bool = False
    wants_word_times: bool = False
    prompt: str = ""
    hotwords: tuple[str, ...] = ()
    is_padded: bool = False
    is_guarded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What may have been said in the place of a few words.

    Attributes:
        words: As they were heard, one after the other.
        text: What may stand there instead.
        score: Mean log probability of the decode that says so.
    """

    words: tuple[Word, ...]
    text: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AsrResult:
    """What was heard.

    Attributes:
        words: Spans in samples from the start of the decoded stretch.
        mean_log_probability: Per token; None when the model gives none.
        no_speech_probability: In [0, 1]; None when the model gives none.
        alternatives: Other readings with mean log probability, best first.
        readings: Of single doubtful words among `words`, best first for each.
    """

    words: tuple[Word, ...]
    language: str | None
    mean_log_probability: float | None = None
    no_speech_probability: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()
    readings: tuple[Reading, ...] = ()


class AsrModel(Protocol):
    """Recognises speech in one stretch of audio; stateless between calls."""

    def transcribe(self, samples: Float32Array, request: AsrRequest) -> AsrResult:
        """Decode float32 (n,) at 16 kHz, at most 30 s.

        Raises:
            ValueError: More than 30 s.
        """
        ...


# --- Store ---------------------------------------------------------------------------------


class MeetingShelf(Protocol):
    """What meetings there are; every method may be called from any thread."""

    def list(self) -> tuple[MeetingSummary, ...]:
        """All meetings, newest first."""
        ...

    def unfinished(self) -> tuple[MeetingSummary, ...]:
        """The meetings that somebody records or refines, or did when their process died."""
        ...


class MeetingStore(Protocol):
    """Meetings and everything about them but the words."""

    def create(self, meeting: Meeting) -> None:
        """Add a meeting."""
        ...

    def get(self, meeting_id: MeetingId) -> Meeting:
        """Look a meeting up.

        Raises:
            KnownError: No such meeting.
        """
        ...

    def set_state(self, meeting_id: MeetingId, state: MeetingState) -> None:
        """Move a meeting to `state`.

        Raises:
            BugError: The transition is not legal.
        """
        ...

    def set_streams(
        self, meeting_id: MeetingId, streams: Sequence[StreamInfo], duration_s: float
    ) -> None:
        """Store what the recorder counted."""
        ...

    def set_models(self, meeting_id: MeetingId, models: Sequence[ModelUse]) -> None:
        """Store which models took part."""
        ...

    def rename(self, meeting_id: MeetingId, title: str) -> None:
        """Change the title."""
        ...

    def delete(self, meeting_id: MeetingId) -> None:
        """Remove a meeting with its transcript; recordings on disk are the caller's."""
        ...

    def put_hold(self, meeting_id: MeetingId, hold: Hold) -> None:
        """Store a stretch that is not recorded; one with the same start is replaced."""
        ...

    def add_marker(self, meeting_id: MeetingId, marker: Marker) -> None:
        """Store a marker."""
        ...

    def add_notice(self, meeting_id: MeetingId, notice: Notice, at_s: float) -> None:
        """Store a notice with its time in the meeting."""
        ...

    def add_health(self, meeting_id: MeetingId, health: Health, at_s: float) -> None:
        """Store stage metrics."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One change by the user, as the log keeps it.

    Attributes:
        kind: rename-track, assign-segment, edit-text, merge-tracks, cut-line, or give-lines or
            edit-lines: several of these, made and undone as one.
        before, after: JSON-ready values, enough to undo and redo.
    """

    correction_id: int
    made_at: datetime
    kind: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    is_undone: bool


class TranscriptStore(Protocol):
    """Segments, words, speakers of a meeting and the user's corrections."""

    def apply(self, meeting_id: MeetingId, patch: TranscriptPatch) -> tuple[SegmentUpdate, ...]:
        """Apply the FINAL updates of a patch in one transaction; partials are never stored.

        What the user corrected stays: the text of an edited segment and the speaker of an
        assigned one are kept whatever the patch says. Turns replace the stream's older ones.

        Returns:
            The segments as they now stand, for those that changed.
        """
        ...

    def transcript(self, meeting_id: MeetingId) -> MeetingTranscript:
        """Everything about one meeting, user's corrections included.

        Raises:
            KnownError: No such meeting.
        """
        ...

    def speakers(self, meeting_id: MeetingId) -> tuple[MeetingSpeaker, ...]:
        """The voices of one meeting, by index; cheap enough to ask after every patch."""
        ...

    def processed_until(self, meeting_id: MeetingId) -> Mapping[StreamId, int]:
        """The resume points."""
        ...

    def next_revision_base(self, meeting_id: MeetingId) -> int:
        """A revision above every stored one."""
        ...

    def locked_segments(self, meeting_id: MeetingId) -> frozenset[SegmentId]:
        """Segments that the user corrected."""
        ...

    def given_lines(self, meeting_id: MeetingId) -> Mapping[SegmentId, TrackId]:
        """The whole segments that the user gave to a voice, with that voice; no cut lines."""
        ...

    def name_track(self, meeting_id: MeetingId, track: TrackId, speaker: MeetingSpeaker) -> None:
        """Set name, person and source of a voice (recognition; not in the correction log)."""
        ...

    def rename_track(self, meeting_id: MeetingId, track: TrackId, name: str) -> None:
        """The user names a voice."""
        ...

    def give_lines(
        self,
        meeting_id: MeetingId,
        lines: Sequence[LineSelection],
        track: TrackId | None,
        *,
        name: str | None = None,
    ) -> TrackId:
        """The user gives lines, or words of them, to another voice, or to a new one (None).

        All of it is one correction. A line of which only a part is meant is cut.

        Args:
            name: Of a new voice.

        Returns:
            The voice's track.

        Raises:
            KnownError: The meeting has no such line, words or voice; nothing was changed.
        """
        ...

    def edit_text(self, meeting_id: MeetingId, segment_id: SegmentId, text: str) -> None:
        """The user rewrites a segment."""
        ...

    def edit_texts(self, meeting_id: MeetingId, texts: Mapping[SegmentId, str]) -> None:
        """The user rewrites segments in one correction; "" takes a line out.

        Raises:
            KnownError: The meeting lacks one of the segments; nothing was changed.
        """
        ...

    def merge_tracks(self, meeting_id: MeetingId, source: TrackId, into: TrackId) -> None:
        """The user says that two voices are one."""
        ...

    def corrections(self, meeting_id: MeetingId) -> tuple[Correction, ...]:
        """The log, oldest first."""
        ...

    def corrections_mark(self, meeting_id: MeetingId) -> str:
        """A text that changes with every correction, undo and redo; cheap to ask."""
        ...

    def undo(self, meeting_id: MeetingId) -> Correction | None:
        """Take back the newest correction that stands; None if there is none."""
        ...

    def redo(self, meeting_id: MeetingId) -> Correction | None:
        """Apply the oldest undone correction again; None if there is none."""
        ...

    def search(self, text: str, *, limit: int = 50) -> tuple[SearchHit, ...]:
        """Full-text search over all meetings, best first; all words must occur, prefixes match."""
        ...


class SpeakerStore(Protocol):
    """Enrolled people; deletion really deletes."""

    def list(self) -> tuple[SpeakerProfile, ...]:
        """All people, by name."""
        ...

    def add(self, name: str, *, has_consent: bool) -> SpeakerProfile:
        """Add a person.

        Raises:
            KnownError: The name is taken.
        """
        ...

    def rename(self, speaker_id: SpeakerId, name: str) -> None:
        """Change a name, in past meetings too."""
        ...

    def merge(self, source: SpeakerId, into: SpeakerId) -> None:
        """Two profiles are one person."""
        ...

    def forget(self, speaker_id: SpeakerId) -> None:
        """Delete a person with all voiceprints; names in past meetings stay as text."""
        ...

    def add_voiceprint(self, voiceprint: Voiceprint) -> None:
        """Store an embedding."""
        ...

    def replace_voiceprints(self, speaker_id: SpeakerId, voiceprints: Sequence[Voiceprint]) -> None:
        """Put these in the place of all embeddings of a person, in one transaction."""
        ...

    def learn_voiceprints(self, meeting_id: MeetingId, voiceprints: Sequence[Voiceprint]) -> None:
        """Put these in the place of everything learned from a meeting, in one transaction."""
        ...

    def voiceprints(self) -> tuple[Voiceprint, ...]:
        """All embeddings."""
        ...


class LibraryStores(Protocol):
    """One open library; a store may be opened when it is first asked for."""

    @property
    def shelf(self) -> MeetingShelf:
        """The list of what there is."""
        ...

    @property
    def meetings(self) -> MeetingStore:
        """Meetings and everything about them but the words."""
        ...

    @property
    def transcripts(self) -> TranscriptStore:
        """Words, and what the user made of them."""
        ...

    @property
    def speakers(self) -> SpeakerStore:
        """Enrolled people."""
        ...


# --- Export --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What every format understands; a format ignores what it cannot show.

    Attributes:
        has_timestamps: Write times where they are optional (txt, md, docx).
        has_speakers: Write speaker names where they are optional.
        is_merged: Write what one person says in a row as one paragraph (txt, md, docx).
        span: Only what is said in this stretch; None for everything.
        tracks: Only what these voices say; None for everybody, unknown voices included.
    """

    has_timestamps: bool = True
    has_speakers: bool = True
    is_merged: bool = False
    span: Span | None = None
    tracks: frozenset[TrackId] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterInfo:
    """What an export format says about itself.

    Attributes:
        format_id: What `--export` takes.
        suffix: With the dot.
    """

    format_id: str
    title: str
    suffix: str


class Exporter(Protocol):
    """One format: a module of `app.export` with INFO and write."""

    INFO: ExporterInfo

    def write(self, transcript: MeetingTranscript, options: ExportOptions) -> Iterator[bytes]:
        """Yield the file in pieces."""
        ...


class ExporterRegistry(Protocol):
    """All formats."""

    def infos(self) -> tuple[ExporterInfo, ...]:
        """By format id."""
        ...

    def write(
        self, format_id: str, transcript: MeetingTranscript, options: ExportOptions
    ) -> Iterator[bytes]:
        """Write in one format.

        Raises:
            KnownError: Unknown format; the message lists the known ones.
        """
        ...


# --- Weights -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """One row of `crosstalk models list`.

    Attributes:
        state: ok, missing or damaged (damaged is known only after a verify).
        memory_mb: Needed when loaded.
    """

    model_id: str
    role: str
    title: str
    licence: str
    languages: tuple[str, ...]
    size_bytes: int
    memory_mb: int
    is_default: bool
    state: str
    folder: Path
    fits_this_machine: bool
    sha256: str


class WeightsStore(Protocol):
    """The weights on this machine."""

    def list(self) -> tuple[ModelStatus, ...]:
        """All models of the manifest."""
        ...

    def verify(self, model_id: str | None = None) -> tuple[ModelStatus, ...]:
        """Check every file's sha256, of one model or of all that are present."""
        ...

    def fetch(
        self,
        model_id: str,
        on_progress: Callable[[str, float], None] | None = None,
        cancel: threading.Event | None = None,
        pause: threading.Event | None = None,
    ) -> ModelStatus:
        """Get one model from its sources in order, verify it, install it atomically.

        Args:
            pause: While it is set, the download stands still.

        Raises:
            KnownError: Unknown id, no source answered, or a wrong sha256.
            Cancelled: `cancel` was set; nothing was changed.
        """
        ...

    def import_folder(self, folder: Path) -> tuple[ModelStatus, ...]:
        """Take all models whose files lie in `folder` (searched by name and sha256).

        Raises:
            KnownError: The folder holds no complete model.
        """
        ...
