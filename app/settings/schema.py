"""Every setting: one field each, with its default, its range and what it does.

The settings page, `settings.toml`, environment variables and their error messages come from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, cast

from app.domain.errors import KnownError
from app.domain.sentences import say
from app.domain.session import (
    MAX_PADDING_S,
    SEPARATION_AUTO,
    SEPARATION_OFF,
    SEPARATION_ON,
    ModelChoice,
    OperatingPoint,
)

Value = str | int | float | bool
"""What one setting can hold; lists of terms are not settings."""

SCHEMA_VERSION = 1
"""Of `settings.toml`; a rename or a change of meaning needs a step in `app.settings.upgrades`."""

LANGUAGES = ("auto", "en", "de", "fr", "es", "it", "nl", "pl", "pt", "ru", "ja", "ko", "zh")
"""Offered by the settings page; any ISO 639-1 code is accepted."""


NOISE_LIMIT_DB = 12.0
"""Full removal of noise eats soft speech (docs/measurements.md, "Noise taken out")."""

WINDOW_LANGUAGES = ("en", "de", "es")
"""What the window speaks; a file of `resources/translations` each, but for English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What the schema says about one field.

    Attributes:
        label: What the settings page calls it.
        help: One sentence for the settings page.
        choices: The only legal values; empty for any.
        suggestions: Values the page offers; others are legal.
        minimum, maximum: Range of a number, ends included; None for no bound.
        zero_text: What the page shows instead of 0; "" for the number itself.
        is_folder: The text names a folder, which the page lets the user choose.
        is_typeface: The text names a family of fonts; "" is the window's own.
    """

    label: str
    help: str
    choices: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    zero_text: str = ""
    is_folder: bool = False
    is_typeface: bool = False

    def complaint_about(self, value: Value, default: Value) -> str | None:
        """Say what is wrong with `value`; None when it is legal.

        Args:
            value: As read from a file or typed.
            default: The field's default: its type is the type asked for.
        """
        if isinstance(default, bool) or isinstance(value, bool):
            if type(value) is not type(default):
                return f"has to be {_type_name(default)}"
        elif isinstance(default, float):
            if not isinstance(value, int | float):
                return "has to be a number"
        elif type(value) is not type(default):
            return f"has to be {_type_name(default)}"
        if self.choices and value not in self.choices:
            return f"has to be one of {', '.join(self.choices)}"
        if isinstance(value, int | float):
            if self.minimum is not None and value < self.minimum:
                return f"has to be at least {self.minimum:g}"
            if self.maximum is not None and value > self.maximum:
                return f"has to be at most {self.maximum:g}"
        return None


def _type_name(default: Value) -> str:
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    return names[type(default)]


def _option(default: Value, option: Option) -> Any:
    return field(default=default, metadata={"option": option})


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptSettings:
    """How speech becomes text."""

    TITLE: ClassVar[str] = "Transcript"

    language: str = _option(
        "en",
        Option(
            label="Language",
            help="The language spoken, as a two-letter code, or auto to detect it.",
            suggestions=LANGUAGES,
        ),
    )
    point: str = _option(
        OperatingPoint.BALANCED.value,
        Option(
            label="Delay of captions",
            help="How soon live text is final: live 1 s, balanced 2 s, accurate 4 s.",
            choices=tuple(p.value for p in OperatingPoint if p.delay_s is not None),
        ),
    )
    padding_s: float = _option(
        MAX_PADDING_S,
        Option(
            label="Even pace",
            help="Seconds that final words wait so that they come evenly; the most waits as long "
            "as the delay of captions allows, 0 shows each word as soon as it is final.",
            minimum=0.0,
            maximum=MAX_PADDING_S,
        ),
    )
    is_echo_handled: bool = _option(
        True,
        Option(
            label="Remove echo",
            help="Write remote voices that leak into the microphone only once.",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """What is recorded."""

    TITLE: ClassVar[str] = "Recording"

    microphone: str = _option(
        "default",
        Option(
            label="Microphone",
            help="The microphone: a key of `crosstalk devices`, or default.",
        ),
    )
    system: str = _option(
        "default",
        Option(
            label="System audio",
            help="The system audio: a key of `crosstalk devices`, or default.",
        ),
    )
    minimum_free_gb: float = _option(
        1.0,
        Option(
            label="Disk kept free (GB)",
            help="Do not start a recording with less free disk than this.",
            minimum=0.1,
            maximum=1000,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """Which models recognise speech."""

    TITLE: ClassVar[str] = "Models"

    asr_partial: str = _option(
        ModelChoice().asr_partial,
        Option(
            label="Live text",
            help="The model that writes live text while somebody speaks.",
        ),
    )
    asr_final: str = _option(
        ModelChoice().asr_final,
        Option(label="Final text", help="The model that writes the text which stays."),
    )
    is_preloaded: bool = _option(
        True,
        Option(
            label="Load before recording",
            help="Load the models when the page for a new recording opens, so that the first words "
            "are written at once. It costs about 700 MB of memory from then on.",
        ),
    )
    separation: str = _option(
        ModelChoice().separation or SEPARATION_OFF,
        Option(
            label="Voices at once",
            help="Take apart people who talk at the same time, while the meeting runs and after "
            "it: off, auto (where the outcome can be trusted), on, or a network: two-voices, pixit "
            "or an asteroid checkpoint.",
            suggestions=(SEPARATION_OFF, SEPARATION_AUTO, SEPARATION_ON),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSettings:
    """How the window looks."""

    TITLE: ClassVar[str] = "Appearance"

    theme: str = _option(
        "system",
        Option(
            label="Theme",
            help="Light, dark, or as the system is set.",
            choices=("system", "light", "dark"),
        ),
    )
    language: str = _option(
        "system",
        Option(
            label="Language of the window",
            help="The language of menus and messages; takes effect at the next start.",
            choices=("system", *WINDOW_LANGUAGES),
        ),
    )
    text_percent: int = _option(
        100,
        Option(
            label="Size of text (%)",
            help="The size of all text in the window; 100 is the system's own.",
            minimum=80,
            maximum=200,
        ),
    )
    density: str = _option(
        "comfortable",
        Option(
            label="Density",
            help="How much room lines and lists take.",
            choices=("comfortable", "compact"),
        ),
    )
    is_notifying: bool = _option(
        True,
        Option(
            label="Notifications",
            help="While the window is not in front, say when a transcript is finished or something "
            "needs you. Do-not-disturb of the desktop is respected.",
        ),
    )
    is_announcing: bool = _option(
        True,
        Option(
            label="Announce captions",
            help="Let a screen reader say final lines of the running meeting.",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionSettings:
    """The small window that shows what is said above other windows."""

    TITLE: ClassVar[str] = "Caption window"

    lines: int = _option(
        3,
        Option(label="Lines", help="How many lines of captions are shown.", minimum=1, maximum=6),
    )
    text_pt: int = _option(
        18,
        Option(
            label="Size of captions (pt)", help="The size of caption text.", minimum=10, maximum=48
        ),
    )
    typeface: str = _option(
        "",
        Option(
            label="Typeface of captions",
            help="The typeface of caption text, for example one that is easy to read.",
            is_typeface=True,
        ),
    )
    opacity_percent: int = _option(
        88,
        Option(
            label="Opacity (%)",
            help="How much the background hides what is behind; the text stays solid.",
            minimum=20,
            maximum=100,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackSettings:
    """How recordings sound when they are played; what is stored and transcribed stays as it is."""

    TITLE: ClassVar[str] = "Playback"

    is_noise_reduced: bool = _option(
        False,
        Option(label="Reduce noise", help="Play recordings with less noise behind the voices."),
    )
    noise_limit_db: float = _option(
        NOISE_LIMIT_DB,
        Option(
            label="Noise softer by (dB)",
            help="How much softer noise becomes at most; 100 removes what it can, and some speech.",
            minimum=3.0,
            maximum=100.0,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSettings:
    """What is imported by itself."""

    TITLE: ClassVar[str] = "Import"

    watch_folder: str = _option(
        "",
        Option(
            label="Watched folder",
            help="Recordings that appear in this folder are transcribed; empty for none.",
            is_folder=True,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """How transcripts become files."""

    TITLE: ClassVar[str] = "Export"

    file_name: str = _option(
        "{title}",
        Option(
            label="Name of files",
            help="Without the ending; {title}, {date} and {time} are filled in.",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacySettings:
    """What is kept, and for how long."""

    TITLE: ClassVar[str] = "Privacy"

    keep_audio_days: int = _option(
        0,
        Option(
            label="Delete audio after (days)",
            help="Recordings of finished meetings older than this are deleted; their text stays.",
            minimum=0,
            maximum=3650,
            zero_text="never",
        ),
    )
    keep_meetings_days: int = _option(
        0,
        Option(
            label="Delete meetings after (days)",
            help="Meetings older than this are deleted with everything that belongs to them.",
            minimum=0,
            maximum=3650,
            zero_text="never",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSettings:
    """Whether newer versions are looked for."""

    TITLE: ClassVar[str] = "Updates"

    is_checking: bool = _option(
        False,
        Option(
            label="Look for updates",
            help="Once a day, ask pypi.org whether there is a newer version of Crosstalk. Nothing "
            "about you, this computer or your meetings is sent.",
        ),
    )


Section = (
    TranscriptSettings
    | CaptureSettings
    | ExportSettings
    | ImportSettings
    | PlaybackSettings
    | ModelSettings
    | PrivacySettings
    | WindowSettings
    | CaptionSettings
    | UpdateSettings
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings; each section is a table of `settings.toml`."""

    transcript: TranscriptSettings = field(default_factory=TranscriptSettings)
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    imports: ImportSettings = field(default_factory=ImportSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    window: WindowSettings = field(default_factory=WindowSettings)
    captions: CaptionSettings = field(default_factory=CaptionSettings)
    playback: PlaybackSettings = field(default_factory=PlaybackSettings)
    updates: UpdateSettings = field(default_factory=UpdateSettings)

    @property
    def point(self) -> OperatingPoint:
        """The live operating point."""
        return OperatingPoint(self.transcript.point)

    @property
    def model_choice(self) -> ModelChoice:
        """The chosen recognisers, with the default model of every other role."""
        separation = self.models.separation
        return ModelChoice(
            asr_partial=self.models.asr_partial,
            asr_final=self.models.asr_final,
            separation=None if separation == SEPARATION_OFF else separation,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """One setting as the page, the file and error messages see it.

    Attributes:
        path: "section.name".
        title: Of the section.
    """

    path: str
    section: str
    title: str
    name: str
    default: Value
    option: Option


def all_fields() -> Iterator[SettingField]:
    """Every setting, in the order of the page."""
    for section in fields(Settings):
        section_class = cast("type[Section]", section.default_factory)
        for entry in fields(section_class):
            yield SettingField(
                path=f"{section.name}.{entry.name}",
                section=section.name,
                title=section_class.TITLE,
                name=entry.name,
                default=cast("Value", entry.default),
                option=cast("Option", entry.metadata["option"]),
            )


def read_value(settings: Settings, entry: SettingField) -> Value:
    """The value of one setting."""
    return cast("Value", getattr(getattr(settings, entry.section), entry.name))


def with_values(settings: Settings, values: Mapping[str, Value]) -> Settings:
    """`settings` with some values replaced, by key path.

    Raises:
        KnownError: An unknown key path or an illegal value; names the key path.
    """
    held = {entry.path: read_value(settings, entry) for entry in all_fields()}
    return build({**held, **values}, origin="the settings page")


def build(values: dict[str, Value], *, origin: str) -> Settings:
    """Make settings of `values` by key path; what is missing has its default.

    Args:
        values: For example {"transcript.language": "de"}.
        origin: Where they come from, for the message.

    Raises:
        KnownError: An unknown key path or an illegal value; names the key path.
    """
    known = {entry.path: entry for entry in all_fields()}
    sections: dict[str, dict[str, Value]] = {}
    for path, value in values.items():
        entry = known.get(path)
        if entry is None:
            raise KnownError(
                say(
                    "{path} in {origin} is not a setting. Remove it, or correct its name: "
                    "the settings are {known}.",
                    path=path,
                    origin=origin,
                    known=", ".join(known),
                )
            )
        complaint = entry.option.complaint_about(value, entry.default)
        if complaint:
            raise KnownError(
                say(
                    "{path} in {origin} {complaint}, not {value}.",
                    path=path,
                    origin=origin,
                    complaint=complaint,
                    value=repr(value),
                )
            )
        as_typed = float(value) if isinstance(entry.default, float) else value
        sections.setdefault(entry.section, {})[entry.name] = as_typed
    made: dict[str, Any] = {
        section.name: cast("Any", section.default_factory)(**sections.get(section.name, {}))
        for section in fields(Settings)
    }
    return Settings(**made)
