"""The options that say how to transcribe, and their checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from app.cli.session import Session
from app.domain.errors import KnownError
from app.domain.session import (
    SEPARATION_AUTO,
    SEPARATION_NETWORKS,
    SEPARATION_OFF,
    SEPARATION_ON,
    ModelChoice,
    OperatingPoint,
    Part,
    SpeakerRange,
)
from app.domain.vocabulary import VocabularyTerm
from app.services.context import AppContext
from app.services.vocabulary import complaint_about, read_vocabulary

Command = TypeVar("Command", bound=Callable[..., Any])


class PointParam(click.ParamType[OperatingPoint]):
    """An operating point."""

    name = "|".join(point.value for point in OperatingPoint)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> OperatingPoint:
        """Look the point up."""
        try:
            return OperatingPoint(value)
        except ValueError:
            self.fail(f"{value!r} is not one of {self.name.replace('|', ', ')}.", param, ctx)


class SpeakerRangeParam(click.ParamType[SpeakerRange]):
    """N, or MIN-MAX."""

    name = "min[-max]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> SpeakerRange:
        """Read one number or two."""
        if isinstance(value, SpeakerRange):
            return value
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", str(value).strip())
        if match is None:
            self.fail(f"{value!r} is not a number or MIN-MAX, for example 2-4.", param, ctx)
        minimum = int(match.group(1))
        maximum = int(match.group(2) or minimum)
        try:
            return SpeakerRange(minimum=minimum, maximum=maximum)
        except ValueError:
            self.fail(f"{value!r} is empty or below 1.", param, ctx)


class LanguageParam(click.ParamType[str]):
    """A language code."""

    name = "code|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take "auto" or two or three letters, in lower case."""
        code = str(value).strip().lower()
        if code != "auto" and not re.fullmatch(r"[a-z]{2,3}", code):
            self.fail(f"{value!r} is not a code like en, or auto.", param, ctx)
        return code


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of the engine that the user picked; None leaves the setting."""

    asr: str | None = None
    segmentation: str | None = None
    separation: str | None = None
    echo: str | None = None

    @property
    def is_echo_handled(self) -> bool | None:
        """Whether --echo is on or off; None without it."""
        return None if self.echo is None else self.echo == "on"


def hint_options(command: Command) -> Command:
    """Add --point, --language and --vocabulary."""
    options = [
        click.option(
            "--point",
            type=PointParam(),
            help="The delay to the final text; final is the pass over the whole recording.",
        ),
        click.option("--language", type=LanguageParam(), help="The language spoken, or auto."),
        click.option(
            "--vocabulary",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="A file of terms to know, one a line; what one sounds like may follow a colon.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def part_options(command: Command) -> Command:
    """Add --asr, --segmentation, --separation and --echo."""
    options = [
        click.option("--asr", metavar="ID", help="The model that writes the final text."),
        click.option("--segmentation", metavar="ID", help="The model that finds who speaks when."),
        click.option(
            "--separation",
            metavar="off|auto|on|NETWORK",
            help="Take apart people who talk at once, live and after the meeting, by what they "
            "sound like alone; auto: where the outcome can be trusted. A network is two-voices, "
            "pixit, a checkpoint file of asteroid or PixIT, or its repository on the hub.",
        ),
        click.option(
            "--echo",
            type=click.Choice(["on", "off"]),
            help="Write remote voices that leak into the microphone once; on by default.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def without_option(command: Command) -> Command:
    """Add --without."""
    option = click.option(
        "--without",
        type=click.Choice([part.value for part in Part]),
        multiple=True,
        help="Leave a part of the captions out, to see what it is worth; may be repeated.",
    )
    return option(command)


def parts_of(names: Iterable[str]) -> frozenset[Part]:
    """The parts that --without names."""
    return frozenset(map(Part, names))


def read_terms(session: Session, path: Path | None) -> tuple[VocabularyTerm, ...]:
    """The terms of a file, one a line; lines that are none are told, and left out.

    Raises:
        KnownError: The file is not text.
    """
    if path is None:
        return ()
    vocabulary = read_vocabulary(path)
    complaint = complaint_about(vocabulary.bad, str(path))
    if complaint is not None:
        session.writer.warning(f"crosstalk: {complaint}")
    return vocabulary.terms


def read_separation(text: str) -> str | None:
    """What --separation names, as in `ModelChoice.separation`.

    Raises:
        KnownError: Neither a mode, nor a file, nor a repository of the hub.
    """
    if text in (SEPARATION_AUTO, SEPARATION_ON, *SEPARATION_NETWORKS):
        return text
    if text == SEPARATION_OFF:
        return None
    path = Path(text).expanduser()
    if path.is_file():
        return str(path.resolve())
    if re.fullmatch(r"[\w.-]+/[\w.-]+", text) and not path.suffix:
        return text
    raise KnownError(
        "--separation takes off, auto, on, two-voices, pixit, a file, or owner/name of the hub; "
        f"{text!r} is none."
    )


def choose_models(context: AppContext, parts: Parts) -> ModelChoice | None:
    """The models that the user picked; None when the settings hold.

    Raises:
        KnownError: An id is not a model of that kind, or the part is not in this version.
    """
    choice = context.settings.model_choice
    if parts.separation is not None:
        choice = replace(choice, separation=read_separation(parts.separation))
    if parts.asr is not None:
        choice = replace(choice, asr_final=_of_role(context, "asr", parts.asr))
    if parts.segmentation is not None:
        segmentation = _of_role(context, "segmentation", parts.segmentation)
        choice = replace(choice, segmentation=segmentation)
    return None if choice == context.settings.model_choice else choice


def _of_role(context: AppContext, role: str, model_id: str) -> str:
    known = [status.model_id for status in context.models.list() if status.role == role]
    if model_id not in known:
        raise KnownError(f"{model_id!r} is not a model for --{role}. Known are {', '.join(known)}.")
    return model_id
