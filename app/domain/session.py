"""What to run: operating points and the configuration of one engine session or job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, SegmentId, StreamId
from app.domain.messages import SegmentUpdate, SpeakerTurn
from app.domain.sentences import say
from app.domain.units import Span
from app.domain.vocabulary import VocabularyTerm

if TYPE_CHECKING:  # it needs numpy, which a window that lists its meetings does not
    from app.domain.voice_quality import VoiceQuality

MAX_PADDING_S = 1.8


class OperatingPoint(StrEnum):
    """The promised delay from the end of a word to its final text."""

    LIVE = "live"
    BALANCED = "balanced"
    ACCURATE = "accurate"
    FINAL = "final"
    """The pass after the meeting: no delay promise, best quality."""

    @property
    def delay_s(self) -> float | None:
        """The promise in seconds; None for the pass after the meeting."""
        return {"live": 1.0, "balanced": 2.0, "accurate": 4.0}.get(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerRange:
    """How many people may talk in a meeting, both ends included.

    Raises:
        ValueError: The bounds are not 1 <= minimum <= maximum.
    """

    minimum: int = 1
    maximum: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.maximum:
            raise ValueError(f"speaker range {self.minimum}-{self.maximum} is empty or below 1")


SEPARATION_MODEL = "two-voices"
"""The network that ships with the program."""
REFINER_MODEL = "voice-refiner"
"""The network that makes the voices better which were taken apart by what they sound like alone."""
SEPARATION_PIXIT = "pixit"
"""The network of pyannote.audio, with weights of the user's."""
SEPARATION_NETWORKS = (SEPARATION_MODEL, SEPARATION_PIXIT)
SEPARATION_OFF = "off"
SEPARATION_AUTO = "auto"
SEPARATION_ON = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """Which model plays each role; ids as in `crosstalk models list`.

    Attributes:
        separation: What takes overlapping voices apart: None for nothing; "auto" for what the
            voices sound like alone in the same recording, where the outcome can be trusted; "on"
            for that wherever two people overlap; else a network, used as with "auto": one of
            `SEPARATION_NETWORKS`, or a checkpoint of asteroid or PixIT (file, or repository of
            the hub).
        refiner: Works on after "auto" and "on" in the pass after the meeting, `REFINER_MODEL`;
            None for nothing.
    """

    vad: str = "silero-vad"
    segmentation: str = "pyannote-segmentation-3.0"
    embedding: str = "campplus-zh-en"
    asr_partial: str = "moonshine-tiny-en"
    asr_final: str = "whisper-base"
    separation: str | None = SEPARATION_AUTO
    refiner: str | None = REFINER_MODEL

    @property
    def voice_refiner(self) -> str | None:
        """The refiner that is used; None for none."""
        is_used = self.separation in (SEPARATION_AUTO, SEPARATION_ON)
        return self.refiner if is_used else None

    @property
    def separation_network(self) -> str | None:
        """The network that was chosen; None for none."""
        has_none = self.separation in (None, SEPARATION_AUTO, SEPARATION_ON)
        return None if has_none else self.separation


def require_language(model_id: str, languages: Sequence[str], language: str) -> None:
    """Check that a recogniser knows a language; "auto" needs one that knows several.

    Args:
        languages: ISO 639-1 codes that it knows; "*" for all.

    Raises:
        KnownError: It does not.
    """
    is_multilingual = "*" in languages or len(languages) > 1
    if "*" in languages or language in languages or (language == "auto" and is_multilingual):
        return
    if is_multilingual:
        raise KnownError(
            say(
                'The recogniser {model} does not know the language "{language}". Give a code '
                "such as en or de, or auto.",
                model=model_id,
                language=language,
            )
        )
    raise KnownError(
        say(
            'The recogniser {model} does not know the language "{language}". Choose '
            "another, for example: --asr whisper-base",
            model=model_id,
            language=language,
        )
    )


class Part(StrEnum):
    """What benches can leave out of the captions, to show what it is worth."""

    STEADY_TAIL = "steady-tail"
    """Unfinished text only grows: what is shown is forced on the next decode of it."""
    SHORT_INPUT = "short-input"
    """The encoder hears no more than the audio, not 30 s each time."""
    GUARDS = "guards"
    """What keeps silence and noise without words, and loops from being written."""
    GOVERNOR = "governor"
    """Quality steps down when the machine cannot keep up."""
    PRELOADING = "preloading"
    """The models are loaded before a meeting begins."""
    EVENING = "evening"
    """Quiet streams are brought to a level that models can hear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """Everything the engine needs to know about one live session.

    Attributes:
        language: ISO 639-1 code or "auto".
        is_realtime: Fed at the pace of the clock; else as fast as the engine takes it.
        resume_from: Per stream, the first sample to process (after a crash).
        revision_base: Added to every revision, so that a restarted engine outranks its predecessor.
        vocabulary: Terms the recogniser should prefer.
        padding_s: How long after it was spoken a word becomes final, at the pace of the clock; the
            most, `MAX_PADDING_S`, is just within the promise of the operating point.
        is_echo_handled: Take system audio that leaks into the microphone out of what is heard
            and written of the microphone.
        has_headphones: Whether the system audio plays into ears only, as far as the sound server
            knows; None if it does not. A guess: echo is looked for all the same.
        is_level_evened: Bring quiet streams to a level that models can hear.
        without: Parts that are left out; for benches.
    """

    meeting_id: MeetingId
    streams: tuple[StreamId, ...]
    models_dir: Path
    models: ModelChoice = field(default_factory=ModelChoice)
    point: OperatingPoint = OperatingPoint.BALANCED
    language: str = "en"
    speakers: SpeakerRange = field(default_factory=SpeakerRange)
    vocabulary: tuple[VocabularyTerm, ...] = ()
    is_realtime: bool = True
    resume_from: Mapping[StreamId, int] = field(default_factory=dict)
    revision_base: int = 0
    padding_s: float = MAX_PADDING_S
    is_echo_handled: bool = True
    has_headphones: bool | None = None
    is_level_evened: bool = False
    without: frozenset[Part] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefineJob:
    """The final pass over a finished meeting.

    Attributes:
        spools: Per stream, the raw 16 kHz spool file.
        sample_counts: Per stream, the samples to read.
        live_segments: The transcript so far: its ids and tracks are kept where the result agrees.
        locked: Segments that the user corrected; the pass leaves them as they are.
        part: Only this stretch is decoded, and the speakers stay as `turns` have them; None for
            the whole recording, which is diarized again.
        turns: Who talks when, as it stands; used with `part` only.
    """

    config: SessionConfig
    spools: Mapping[StreamId, Path]
    sample_counts: Mapping[StreamId, int]
    live_segments: tuple[SegmentUpdate, ...] = ()
    locked: frozenset[SegmentId] = frozenset()
    part: Span | None = None
    turns: Mapping[StreamId, tuple[SpeakerTurn, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedJob:
    """Turn clips of one voice each into embeddings.

    Attributes:
        clips: Raw spool-format files (int16 mono 16 kHz).
        checks_voice: Find out too whether each clip is one voice; a third more work.
        max_speech_s: Speech to use of each clip, from its start; None for what is useful.
        allows_silence: A clip with too little speech is no error; its vector is empty.
    """

    models_dir: Path
    clips: tuple[Path, ...]
    models: ModelChoice = field(default_factory=ModelChoice)
    checks_voice: bool = False
    max_speech_s: float | None = None
    allows_silence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipEmbedding:
    """The voice of one clip.

    Attributes:
        vector: L2-normalised values, (dim,); () of a clip that holds too little speech.
        speech_s: Net speech found in the clip.
        quality: How good the recording is; None from an engine that does not measure it.
        end_sample: The end of what was used of the clip; None for all of it.
    """

    model_id: str
    vector: tuple[float, ...]
    speech_s: float
    quality: VoiceQuality | None = None
    end_sample: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckJob:
    """Load the models of a live meeting and, where one is derived from another, make it.

    Attributes:
        language: Of the meeting; the recognisers must know it.
    """

    models_dir: Path
    models: ModelChoice = field(default_factory=ModelChoice)
    language: str = "en"
