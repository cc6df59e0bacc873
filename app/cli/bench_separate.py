"""`crosstalk bench separate`: voices apart, and the words of people who talk at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import soundfile

from app.bench.mixtures import (
    KINDS,
    Mixture,
    SimulatedMeeting,
    find_talkers,
    make_meetings,
    make_mixtures,
)
from app.bench.passing import run_passing
from app.bench.play import Setup
from app.bench.scoring import WordScore, score_words
from app.bench.separate import (
    STREAMS,
    MeetingScore,
    SeparateResult,
    draw_separate,
    run_mixtures,
    score_meeting,
)
from app.bench.sets import (
    REFERENCE_FILE,
    ReferenceSet,
    ReferenceTurn,
    ReferenceWord,
    find_sets,
    read_turns,
    read_words,
)
from app.cli.bench import Stand, figure_option, open_stand
from app.cli.bench_wording import closing_lines
from app.cli.engine_options import PointParam, read_separation
from app.cli.session import Program, common_options, current_session, json_option
from app.domain.errors import BugError, KnownError
from app.domain.ids import StreamId
from app.domain.messages import Float32Array
from app.domain.session import (
    REFINER_MODEL,
    SEPARATION_AUTO,
    SEPARATION_ON,
    ModelChoice,
    OperatingPoint,
)
from app.domain.units import SESSION_RATE_HZ


@click.command()
@click.option(
    "--set",
    "folders",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    required=True,
    help="A folder with one folder of recordings per talker (and trans.txt), or with reference "
    "sets; may be repeated.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Only the sets of this name.")
@click.option(
    "--network",
    metavar="CHECKPOINT",
    help="Measure a network instead: two-voices, which ships with the program, pixit, or your own.",
)
@click.option(
    "--refiner/--no-refiner",
    default=True,
    show_default=True,
    help="Let the network work on that makes such voices better; the live path has none.",
)
@click.option(
    "--count", type=click.IntRange(min=0), default=40, show_default=True, help="Mixtures of a kind."
)
@click.option(
    "--meetings",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Meetings made of the talkers.",
)
@click.option(
    "--singles",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="Recordings of one talker whose words are compared as they are and taken apart.",
)
@click.option(
    "--point",
    type=PointParam(),
    default="final",
    show_default=True,
    help="The pass after the meeting, or the live path at a point.",
)
@click.option("--realtime/--fast", default=False, show_default=True, help="The pace of live paths.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of mixtures and meetings.")
@figure_option
@json_option
@common_options
def separate(
    folders: tuple[Path, ...],
    only: tuple[str, ...],
    network: str | None,
    refiner: bool,
    count: int,
    meetings: int,
    singles: int,
    point: OperatingPoint,
    realtime: bool,
    seed: int,
    fig: Path | None,
) -> None:
    """Voices apart: SI-SDR, leakage, cost, and word errors where people talk at once."""
    session = current_session()
    name = None if network is None else read_separation(network)
    talkers = find_talkers(folders)
    has_sets = any(True for folder in folders for _ in folder.rglob(REFERENCE_FILE))
    sets = find_sets(folders, only) if has_sets else ()
    if not talkers and not sets:
        raise KnownError("There are neither recordings of talkers nor reference sets there.")
    made = make_meetings(talkers, meetings, seed)
    is_realtime = realtime and point is not OperatingPoint.FINAL
    with open_stand(session) as stand:
        usual = stand.context.settings.model_choice
        choice = replace(usual, refiner=REFINER_MODEL if refiner and name is None else None)
        result = SeparateResult(
            network=_title(name, choice), point=point.value, is_realtime=is_realtime
        )
        take_apart = _separation(session.program, stand.context.paths.models_dir, name, choice)
        if talkers and count:
            with session.writer.progress() as progress:
                separated, real_time = run_mixtures(
                    make_mixtures(talkers, count, seed),
                    take_apart,
                    lambda n: progress.update(n / (count * len(KINDS)), "Separating voices"),
                )
            result = replace(result, separated=separated, real_time=real_time)
        if singles and any(talker.texts for talker in talkers):
            passed = run_passing(talkers, singles, take_apart, _Recogniser(stand))
            result = replace(result, passed=passed)
        ways = _Ways(stand, choice, name, point, is_realtime=is_realtime)
        scores = [score for meeting in made for score in ways.of_simulated(meeting)]
        scores += [score for reference in sets for score in ways.of_set(reference)]
        result = replace(result, meetings=tuple(scores))
        if fig is not None:
            draw_separate(result, fig)
            session.writer.note(f"wrote {fig}")
        stand.report(result.record(), separate_lines)


def _title(name: str | None, choice: ModelChoice) -> str:
    if name is not None:
        return Path(name).name
    return "voices" if choice.refiner is None else f"voices, {choice.refiner}"


def _separation(
    program: Program, models_dir: Path, name: str | None, choice: ModelChoice
) -> Callable[[Mixture], Float32Array | None]:
    if program.open_separation is None or program.open_take_apart is None:
        raise BugError("the program was made without separation")
    if name is not None:
        network = program.open_separation(models_dir, name)
        return lambda mixture: network.separate(mixture.samples)
    take_apart = program.open_take_apart(models_dir, choice.refiner)
    return lambda mixture: take_apart(mixture.samples, list(mixture.alone))


@dataclass(frozen=True, slots=True)
class _Recogniser:
    """Scores the words that the final pass hears of a recording without overlaps."""

    stand: Stand

    def __call__(
        self, name: str, samples: Float32Array, turns: Sequence[ReferenceTurn]
    ) -> WordScore:
        self.stand.session.writer.note(f"{name}: {len(samples) / SESSION_RATE_HZ:.0f} s")
        path = _write(self.stand.context.paths.data_dir / "single" / "mix.wav", samples)
        models = replace(self.stand.context.settings.model_choice, separation=None)
        setup = Setup(point=OperatingPoint.FINAL, is_realtime=False, language="en", models=models)
        take = self.stand.play({StreamId.MIX: path}, setup)
        return score_words(turns, take.transcript.segments)


@dataclass(frozen=True, slots=True)
class _Ways:
    """Transcribes a meeting in every way that is compared."""

    stand: Stand
    choice: ModelChoice
    network: str | None
    point: OperatingPoint
    is_realtime: bool

    def of_set(self, reference: ReferenceSet) -> Iterator[MeetingScore]:
        turns, words = read_turns(reference), read_words(reference)
        for way, choice in self._choices():
            self.stand.session.writer.note(f"{reference.name}: separation {way}")
            yield self._score(reference.name, way, dict(reference.streams), choice, turns, words)

    def of_simulated(self, meeting: SimulatedMeeting) -> Iterator[MeetingScore]:
        folder = self.stand.context.paths.data_dir / "meetings" / meeting.name
        mix = _write(folder / "mix.wav", meeting.sources.sum(axis=0))
        for way, choice in self._choices():
            self.stand.session.writer.note(f"{meeting.name}: separation {way}")
            yield self._score(meeting.name, way, {StreamId.MIX: mix}, choice, meeting.turns)
        self.stand.session.writer.note(f"{meeting.name}: a stream for each talker")
        streams = {
            stream: _write(folder / f"{stream.value}.wav", source)
            for stream, source in zip((StreamId.MIC, StreamId.SYSTEM), meeting.sources, strict=True)
        }
        yield self._score(meeting.name, STREAMS, streams, self._choices()[0][1], meeting.turns)

    def _choices(self) -> tuple[tuple[str, ModelChoice], ...]:
        ways = [("off", None), ("auto", SEPARATION_AUTO)]
        if self.point is OperatingPoint.FINAL:
            ways.append(("on", SEPARATION_ON))
        if self.network is not None:
            ways = [("off", None), ("network", self.network)]
        return tuple((way, replace(self.choice, separation=value)) for way, value in ways)

    def _score(
        self,
        name: str,
        way: str,
        inputs: dict[StreamId, Path],
        choice: ModelChoice,
        turns: Sequence[ReferenceTurn],
        words: Sequence[ReferenceWord] = (),
    ) -> MeetingScore:
        setup = Setup(point=self.point, is_realtime=self.is_realtime, language="en", models=choice)
        take = self.stand.play(inputs, setup)
        score = score_meeting(name, way, turns, words, take.transcript.segments)
        audio_s = take.transcript.meeting.duration_s
        return replace(score, cpu_s=take.load.cpu_s, audio_s=audio_s)


def _write(path: Path, samples: Float32Array) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, SESSION_RATE_HZ, "FLOAT")
    return path


def separate_lines(record: dict[str, Any]) -> list[str]:
    """Gains by kind, then word errors by way, then each target."""
    lines = []
    for kind, gain in record["gain_db"].items():
        lines.append(f"{kind}: SI-SDR {gain['mean']:+.1f} dB ({gain['count']} mixtures)")
    if record["single_db"] is not None:
        lines.append(
            f"single talker: SI-SDR {record['single_db']['mean']:.1f} dB, "
            f"the other output {record['leak_db']['mean']:.1f} dB"
        )
    if record["single_words"] is not None:
        single = record["single_words"]
        lines.append(
            f"single talker: WER {single['wer_before']:.1f} % as it is, "
            f"{single['wer_after']:.1f} % taken apart, of {single['words']} words"
        )
    for way, words in record["words"].items():
        lines.append(
            f"{way}: cpWER {words['cpwer']:.1f} % (WER {words['wer']:.1f} %) of {words['words']} "
            f"words, where two people talk {words['overlapped_cpwer']:.1f} % "
            f"({words['overlapped_wer']:.1f} %) of {words['overlapped_words']}; "
            f"{words['cost']:.2f} s of processor per second"
        )
    if record["real_time"] is not None:
        lines.append(f"real-time factor of the separation: {record['real_time']:.3f}")
    if record["added_real_time"] is not None:
        lines.append(f"real-time factor added to meetings: {record['added_real_time']:.3f}")
    return [*lines, *closing_lines(record)]
