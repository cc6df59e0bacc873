"""The engine with its real models, in a thread and in a process, also when it is killed."""

import json
import re
import threading
from dataclasses import replace

import pytest
import soundfile
from threadpoolctl import threadpool_limits

from app.domain.ids import StreamId
from app.domain.messages import CorrectionReason, NoticeKind, TranscriptPatch
from app.domain.session import ModelChoice, OperatingPoint, RefineJob
from app.domain.units import to_samples
from app.engine.process_host import ProcessHost, SpawnedEngine
from app.engine.thread_host import ThreadEngine
from app.lib.paths import SOURCE_ROOT, resolve_paths
from tests.fakes.listener import RecordingListener, make_config
from tests.fakes.spools import MemorySource, write_spool

pytestmark = pytest.mark.integration

SYSTEM = StreamId.SYSTEM
SAMPLE = SOURCE_ROOT / "resources" / "sample"
LENGTH_S = 19.0
"""Holds three whole turns of two people."""
KILL_AT_S = 6.2
"""In the middle of the first turn."""
WAIT_S = 200.0
CONFIG = replace(
    make_config(models_dir=resolve_paths().models_dir),
    models=ModelChoice(asr_final="whisper-tiny-en"),
    point=OperatingPoint.ACCURATE,
)


@pytest.fixture(scope="module")
def samples():
    audio, _ = soundfile.read(SAMPLE / "system.flac", dtype="float32")
    return audio[: to_samples(LENGTH_S)]


@pytest.fixture(scope="module")
def reference() -> list[tuple[str, list[str]]]:
    """Speaker and words of every turn."""
    rows = json.loads((SAMPLE / "reference.seglst.json").read_text(encoding="utf-8"))
    return [
        (row["speaker"], row["words"].lower().split())
        for row in rows
        if row["stream"] == "system" and row["end_time"] < LENGTH_S
    ]


@pytest.fixture(scope="module")
def in_thread(samples) -> RecordingListener:
    """The meeting, transcribed by an engine in a thread."""
    host = ProcessHost(ThreadEngine)
    listener = RecordingListener()
    with threadpool_limits(1, user_api="blas"):  # as in the process: rounding depends on it
        session = host.open_session(CONFIG, {SYSTEM: MemorySource(samples)}, listener)
        assert session.wait(WAIT_S)
    host.close()
    return listener


class Spawned:
    """A host over real processes, which can be killed."""

    def __init__(self) -> None:
        self.engines: list[SpawnedEngine] = []
        self.host = ProcessHost(self._start)

    def _start(self) -> SpawnedEngine:
        self.engines.append(SpawnedEngine(None))
        return self.engines[-1]


@pytest.fixture
def spawned():
    started = Spawned()
    yield started
    started.host.close()
    assert not any(engine.is_alive() for engine in started.engines)


def plain(text: str) -> list[str]:
    return re.sub(r"[^a-z' ]", "", text.lower()).split()


def assert_says(listener, reference):
    """Every turn by its speaker, with at most one wrong word in eight."""
    assert len(listener.turns) == len(reference)
    tracks: dict[str, set[str | None]] = {}
    for (track, text), (speaker, words) in zip(listener.turns, reference, strict=True):
        tracks.setdefault(speaker, set()).add(track)
        missing = [word for word in words if word not in plain(text)]
        assert len(missing) <= len(words) / 8
        assert abs(len(plain(text)) - len(words)) <= len(words) / 8
    assert all(len(found) == 1 for found in tracks.values())
    assert len(set.union(*tracks.values())) == len(tracks)


def test_thread_engine_transcribes_the_sample(in_thread, reference):
    assert_says(in_thread, reference)
    assert in_thread.errors == []
    assert {use.role for use in in_thread.started[0]} == {"vad", "segmentation", "embedding", "asr"}
    assert in_thread.transcript.processed_until == {SYSTEM: to_samples(LENGTH_S)}


def test_process_engine_gives_the_same_transcript(in_thread, spawned, samples):
    listener = RecordingListener()

    session = spawned.host.open_session(CONFIG, {SYSTEM: MemorySource(samples)}, listener)

    assert session.wait(WAIT_S)
    assert listener.turns == in_thread.turns
    assert [s.words for s in listener.transcript] == [s.words for s in in_thread.transcript]
    assert len(spawned.engines) == 1


def test_killed_engine_costs_no_word(in_thread, spawned, samples):
    listener = RecordingListener()
    source = MemorySource(samples, limit=to_samples(KILL_AT_S))
    session = spawned.host.open_session(CONFIG, {SYSTEM: source}, listener)
    assert listener.wait_for(lambda: len(listener.text.split()) >= 4, WAIT_S)

    spawned.engines[0].kill()
    source.release()

    assert session.wait(WAIT_S)
    assert listener.turns == in_thread.turns
    assert [notice.kind for notice in listener.notices] == [NoticeKind.ENGINE_RESTARTED]
    assert listener.errors == []
    assert listener.transcript.processed_until == {SYSTEM: to_samples(LENGTH_S)}
    assert len(spawned.engines) == 2


def test_final_pass_corrects_the_live_transcript(in_thread, samples, reference, tmp_path):
    host = ProcessHost(ThreadEngine)
    listener = RecordingListener()
    live = tuple(in_thread.transcript)
    listener.transcript.apply(TranscriptPatch(updates=live))
    steps = []

    host.refine(
        RefineJob(
            config=replace(CONFIG, revision_base=1_000_000),
            spools={SYSTEM: write_spool(tmp_path / "system.s16", samples)},
            sample_counts={SYSTEM: len(samples)},
            live_segments=live,
        ),
        listener,
        on_progress=lambda share, step: steps.append(share),
        cancel=threading.Event(),
    )
    host.close()

    assert_says(listener, reference)
    assert {s.track for s in listener.transcript} == {s.track for s in live}
    assert {s.reason for s in listener.transcript} <= {CorrectionReason.REFINE, None}
    assert steps == sorted(steps)
    assert steps[-1] == 1.0
