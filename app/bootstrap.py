"""The composition root: the one file that knows every class behind the ports."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.session import Launch, Program, TakeApart, WindowBench
from app.domain.ids import MeetingId, TrackId
from app.domain.meeting import StreamInfo
from app.domain.messages import Float32Array
from app.domain.ports import (
    AudioFiles,
    CaptureBackend,
    ExporterRegistry,
    Player,
    SeparationModel,
    SpeechFinder,
    VoiceFollower,
)
from app.domain.remote import Answer, Order
from app.domain.sentences import join, say
from app.domain.units import Span
from app.lib import log as logs
from app.lib.clock import SystemClock
from app.lib.paths import Paths, resolve_paths
from app.services.assembly import Devices, assemble
from app.services.context import AppContext
from app.services.core import Core
from app.settings.files import SettingsFile, load

if TYPE_CHECKING:  # the benches would hold up every start
    from app.bench.prep import Preparation
    from app.bench.ui import UiFigures

log = logging.getLogger(__name__)


def program() -> Program:
    """What the command line needs to run."""
    return Program(
        open_context=open_context,
        open_window=open_window,
        open_speech_finder=open_speech_finder,
        open_separation=open_separation,
        open_voice_follower=open_voice_follower,
        window_bench=WindowBench(
            fill=fill_library, time_first_list=time_first_list, measure=measure_window
        ),
        open_take_apart=open_take_apart,
        denoise=denoise,
        ask_window=ask_window,
        open_preparation=open_preparation,
    )


@contextmanager
def open_context(launch: Launch) -> Iterator[AppContext]:
    """Open everything, and close it in reverse order at the end of the block.

    Raises:
        KnownError: The settings or the library cannot be opened.
    """
    paths = resolve_paths(launch.data_dir)
    logs.configure(paths.logs_dir, is_verbose=launch.is_verbose)
    settings_file = SettingsFile(paths.settings_file, load(paths.settings_file, environ=os.environ))
    with ExitStack() as stack:
        yield _open(paths, settings_file, stack)


def open_window(context: AppContext, is_demo: bool, meeting_id: MeetingId | None) -> int:
    """Show the window until it is closed, with a meeting if one is named; the exit code."""
    from app.ui.main import run

    return run(context, demo=is_demo, meeting_id=meeting_id)


def ask_window(data_dir: Path | None, order: Order) -> Answer | None:
    """Give an order to the open window of a data folder; None where there is none."""
    from app.ui import single

    return single.ask_window(resolve_paths(data_dir).data_dir, order)


def open_speech_finder(models_dir: Path) -> SpeechFinder:
    """Load the voice activity model of a default session into this process.

    Raises:
        KnownError: The weights are missing.
    """
    from app.engine import speech_finder

    return speech_finder.open_speech_finder(models_dir)


def open_separation(models_dir: Path, name: str) -> SeparationModel:
    """Load a separation network into this process: the shipped one by its id, or a checkpoint.

    Raises:
        KnownError: It is not on this machine, or is no separation network.
    """
    from app.engine.models import LoadedModels

    return LoadedModels(models_dir).separation(name, threads=1)


def open_take_apart(models_dir: Path, refiner: str | None) -> TakeApart:
    """What separates voices by what each sounds like alone, as the final pass does.

    Args:
        refiner: The id of the network that works on from there; None for none.

    Raises:
        KnownError: The refiner is not on this machine.
    """
    from app.engine.models import LoadedModels
    from app.pipeline import exemplars

    loaded = None if refiner is None else LoadedModels(models_dir).refiner(refiner, threads=1)

    def take_apart(mixture: Float32Array, alone: Sequence[Float32Array]) -> Float32Array | None:
        learned = [voice for voice in map(exemplars.learn, alone) if voice is not None]
        if len(learned) < len(alone):
            return None
        return exemplars.take_apart(mixture, learned, loaded)

    return take_apart


def denoise(samples: Float32Array, limit_db: float) -> Float32Array:
    """Take noise out of speech, as the player does.

    Raises:
        KnownError: It does not work on this machine.
    """
    from app.audio import denoise as adapter

    return adapter.denoise(samples, limit_db)


def open_preparation() -> Preparation:
    """The stages between a device and the models, each on its own."""
    from app.audio import preparation
    from app.bench.prep import Preparation
    from app.pipeline.level import SPEECH_DBFS, evened

    return Preparation(
        resample=preparation.resampled,
        even=evened,
        goal_dbfs=SPEECH_DBFS,
        find_clipping=preparation.told_clipping,
        offsets=preparation.stored_offsets,
    )


def pick_voice(
    read: Callable[[int, int], Float32Array],
    span: Span,
    track: TrackId,
    turns: Sequence[tuple[Span, TrackId]],
) -> Float32Array | None:
    """Take one voice out of several that talk at once; see `app.domain.ports.VoicePicker`."""
    from app.pipeline.solo import solo

    return solo(read, span, track, turns)


def open_voice_follower(models_dir: Path) -> VoiceFollower:
    """Load the models that tell voices apart into this process.

    Raises:
        KnownError: Weights are missing.
    """
    from app.engine import voice_follower

    return voice_follower.open_voice_follower(models_dir)


def fill_library(data_dir: Path, meeting_count: int) -> None:
    """Put invented meetings into the library of a new data folder."""
    from app.bench.ui import generated_library
    from app.store.library import open_library

    with open_library(resolve_paths(data_dir).database) as library:
        for meeting, patch in generated_library(meeting_count):
            library.meetings.create(meeting)
            library.transcripts.apply(meeting.meeting_id, patch)


def time_first_list(context: AppContext) -> float:
    """`Clock.monotonic` when this process had painted the list of the library."""
    from app.ui import first_list

    return first_list.time_first_list(context)


def measure_window(context: AppContext, meeting_count: int, engine_s: float) -> UiFigures:
    """How fast the window opens, scrolls, searches, and how late it gets beside the engine."""
    from app.ui import measure

    return measure.measure_window(context, meeting_count=meeting_count, engine_s=engine_s)


def _open(paths: Paths, settings_file: SettingsFile, stack: ExitStack) -> AppContext:
    # Imported here so that `crosstalk --help` does not wait for it.
    from app.backends.weights import LocalWeights
    from app.engine.process_host import ProcessHost, SpawnedEngine
    from app.store.library import open_library

    clock = SystemClock()
    library = open_library(paths.database, clock=clock)
    stack.callback(library.close)
    notices: tuple[str, ...] = ()
    if library.opening_notice is not None:
        recovered = library.recover(paths.recordings_dir)
        found = say("{count} recordings were found again.", count=len(recovered))
        notices = (join([library.opening_notice, found], " "),)
    engine = ProcessHost(lambda: SpawnedEngine(paths.logs_dir), clock=clock)
    stack.callback(engine.close)
    core = Core(
        library=library,
        engine=engine,
        weights=LocalWeights(paths.models_dir, paths.manifest_file),
        clock=clock,
        paths=paths,
        settings=lambda: settings_file.current,
    )
    devices = Devices(
        capture=_open_capture,
        files=_open_files,
        player=_open_player,
        exporters=_open_exporters,
        pick_voice=pick_voice,
        repair=_repair,
    )
    context = assemble(core, devices, settings_file, opening_notices=notices)
    stack.callback(context.close)
    return context


def _open_capture() -> CaptureBackend:
    from app.audio.backend import open_capture_backend

    return open_capture_backend()


def _open_files() -> AudioFiles:
    from app.audio.backend import open_audio_files

    return open_audio_files()


def _open_player() -> Player:
    from app.audio.backend import open_player

    return open_player()


def _open_exporters() -> ExporterRegistry:
    from app.export.registry import Exporters

    return Exporters()


def _repair(folder: Path) -> tuple[StreamInfo, ...]:
    from app.audio.backend import repair

    return repair(folder)
