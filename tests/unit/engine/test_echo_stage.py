"""The stage before lane A, and the cleaned copy for the final pass."""

import re
import threading
from dataclasses import replace

import numpy as np
import pytest

from app.domain.errors import Cancelled
from app.domain.ids import SegmentId, StreamId
from app.domain.messages import (
    AudioBlock,
    NoticeKind,
    SegmentStatus,
    SegmentUpdate,
)
from app.domain.session import RefineJob
from app.domain.units import Span
from app.engine.echo_stage import EchoStage, without_echo
from app.engine.protocol import first_sample
from app.engine.spool_view import SpoolView
from tests.fakes.listener import make_config
from tests.fakes.room import echo_of, make_noise, make_voice, power_db
from tests.fakes.speech import make_words
from tests.fakes.spools import write_spool

pytestmark = pytest.mark.unit

MIC, SYSTEM, MIX = StreamId.MIC, StreamId.SYSTEM, StreamId.MIX
RATE = 16_000
FAR = make_voice(10.0, seed=1)
ECHO = echo_of(FAR, delay_s=0.08, level_db=-10)
NOISE = make_noise(10.0, seed=3)


def block(stream, samples, start):
    return AudioBlock(stream=stream, span=Span(start, start + len(samples)), samples=samples)


class Run:
    """Feeds both streams evenly, and puts together what comes out as a session does."""

    def __init__(self, config, streams, *, size=1_600):
        self.notices = []
        stage = EchoStage(config, self.notices.append)
        self.items = []
        longest = max(len(samples) for samples in streams.values())
        for start in range(0, longest, size):
            for stream, samples in streams.items():
                if start < len(samples):
                    self.items += stage.push(block(stream, samples[start : start + size], start))
        for stream in streams:
            self.items += stage.push(stream)

    def heard(self, stream):
        samples = np.zeros(0, dtype=np.float32)
        for item in self.items:
            if isinstance(item, AudioBlock) and item.stream is stream:
                assert item.span.length == len(item.samples)
                if item.span.start < len(samples):
                    end = min(item.span.end, len(samples))
                    samples[item.span.start : end] = item.samples[: end - item.span.start]
                else:
                    assert item.span.start == len(samples)
                    samples = np.concatenate([samples, item.samples])
        return samples

    @property
    def ends(self):
        return [item for item in self.items if isinstance(item, StreamId)]


def test_echo_is_taken_out_and_told_once():
    run = Run(make_config(MIC, SYSTEM), {MIC: ECHO + NOISE, SYSTEM: FAR})

    mic = run.heard(MIC)
    assert len(mic) == len(ECHO)
    assert power_db(ECHO) - power_db(mic) > 15
    assert np.array_equal(run.heard(SYSTEM), FAR)
    assert sorted(run.ends) == [MIC, SYSTEM]
    assert [notice.kind for notice in run.notices] == [NoticeKind.ECHO]
    assert re.fullmatch(
        "Remote voices leak into the microphone at \N{MINUS SIGN}1[01] dB; they are written once.",
        run.notices[0].text,
    )


def test_echo_heard_before_it_was_known_is_mended():
    run = Run(make_config(MIC, SYSTEM), {MIC: ECHO + NOISE, SYSTEM: FAR})

    early = slice(RATE // 2, RATE)
    assert power_db(ECHO[early]) - power_db(run.heard(MIC)[early]) > 10


@pytest.mark.parametrize(
    ("config", "streams"),
    [
        (make_config(MIC, SYSTEM), {MIC: NOISE, SYSTEM: FAR}),
        (replace(make_config(MIC, SYSTEM), is_echo_handled=False), {MIC: ECHO, SYSTEM: FAR}),
        (make_config(MIC), {MIC: ECHO}),
        (make_config(MIX), {MIX: ECHO}),
    ],
)
def test_nothing_changes_without_a_leak_a_second_stream_or_the_wish(config, streams):
    run = Run(config, streams)

    for stream, samples in streams.items():
        assert np.array_equal(run.heard(stream), samples)
    assert run.notices == []


def test_microphone_that_ends_first_waits_for_its_system_audio():
    stage = EchoStage(make_config(MIC, SYSTEM), lambda notice: None)
    stage.push(block(MIC, NOISE[:RATE], 0))

    at_end = stage.push(MIC)
    early = stage.push(block(SYSTEM, FAR[:8_000], 0))
    late = stage.push(block(SYSTEM, FAR[8_000 : RATE + 2_000], 8_000))

    assert at_end == []
    assert MIC not in early
    assert late[-1] is MIC
    heard = [item for item in (*early, *late[:-1]) if item.stream is MIC]
    assert sum(item.span.length for item in heard) == RATE


def test_end_of_system_audio_lets_the_microphone_go():
    stage = EchoStage(make_config(MIC, SYSTEM), lambda notice: None)
    stage.push(block(MIC, NOISE[:RATE], 0))
    stage.push(MIC)

    items = stage.push(SYSTEM)

    assert items[0] is SYSTEM
    assert items[-1] is MIC
    assert sum(item.span.length for item in items[1:-1]) == RATE


def test_resumed_session_goes_on_where_it_stopped():
    resume_from = {MIC: 10 * RATE, SYSTEM: 11 * RATE}
    config = replace(make_config(MIC, SYSTEM), resume_from=resume_from)
    stage = EchoStage(config, lambda notice: None)
    mic_start, system_start = first_sample(config, MIC), first_sample(config, SYSTEM)

    items = [
        *stage.push(block(MIC, NOISE[:RATE], mic_start)),
        *stage.push(block(SYSTEM, FAR[: 3 * RATE], system_start)),
    ]

    mic = next(item for item in items if item.stream is MIC)
    assert mic.span.start == mic_start
    assert np.array_equal(mic.samples, NOISE[: mic.span.length])


def sentence(stream, start_s):
    words = make_words("we had better ask the whole team", start_s)
    return SegmentUpdate(
        segment_id=SegmentId(f"{stream}-1"),
        revision=1,
        stream=stream,
        span=Span(words[0].span.start, words[-1].span.end),
        track=None,
        words=words,
        status=SegmentStatus.FINAL,
        committed=len(words),
    )


def test_repeated_words_are_named_and_told_without_a_measured_leak():
    notices = []
    stage = EchoStage(make_config(MIC, SYSTEM), notices.append)

    repeats = stage.repeated((sentence(SYSTEM, 1.0), sentence(MIC, 1.1)))
    stage.tell_once()
    stage.tell_once()

    assert repeats == [SegmentId("mic-1")]
    assert [notice.text for notice in notices] == [
        "Remote voices leak into the microphone; they are written once."
    ]


def test_leak_is_taken_out_and_explained_though_headphones_are_said_to_play():
    config = replace(make_config(MIC, SYSTEM), has_headphones=True)
    run = Run(config, {SYSTEM: FAR, MIC: ECHO + NOISE})

    left_db = power_db(run.heard(MIC)[-3 * RATE :])

    assert left_db < power_db((ECHO + NOISE)[-3 * RATE :]) - 10
    (notice,) = run.notices
    assert re.fullmatch(
        "Remote voices leak into the microphone at \N{MINUS SIGN}"
        r"\d+ dB; they are written once\. "
        r"They should play on headphones only: turn these down, or check what plays\.",
        notice.text,
    )


def test_repeated_words_stay_when_echo_is_not_handled():
    config = replace(make_config(MIC, SYSTEM), is_echo_handled=False)
    stage = EchoStage(config, lambda notice: None)

    assert stage.repeated((sentence(SYSTEM, 1.0), sentence(MIC, 1.1))) == []


def refine_views(tmp_path, mic, system=FAR, **changes):
    streams = {MIC: mic, SYSTEM: system}
    spools = {s: write_spool(tmp_path / f"{s}.s16", samples) for s, samples in streams.items()}
    job = RefineJob(
        config=replace(make_config(MIC, SYSTEM), **changes),
        spools=spools,
        sample_counts={s: len(samples) for s, samples in streams.items()},
    )
    return job, {stream: SpoolView(path) for stream, path in spools.items()}


def test_final_pass_hears_no_echo_from_the_first_second(tmp_path):
    job, views = refine_views(tmp_path, ECHO + NOISE)
    recorded = job.spools[MIC].read_bytes()

    heard, leak = without_echo(job, views, threading.Event())

    mic = heard[MIC].read(0, len(ECHO))
    assert len(heard[MIC]) == len(mic) == len(ECHO)
    assert power_db(ECHO[:RATE]) - power_db(mic[:RATE]) > 15
    assert leak.level_db == pytest.approx(-10, abs=1.5)
    assert heard[SYSTEM] is views[SYSTEM]
    assert job.spools[MIC].read_bytes() == recorded
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mic.s16", "system.s16"]


def test_final_pass_reads_the_recording_itself_without_a_leak(tmp_path):
    job, views = refine_views(tmp_path, NOISE)

    heard, leak = without_echo(job, views, threading.Event())

    assert heard[MIC] is views[MIC]
    assert leak is None


def test_final_pass_leaves_echo_when_it_is_not_handled(tmp_path):
    job, views = refine_views(tmp_path, ECHO + NOISE, is_echo_handled=False)

    heard, _ = without_echo(job, views, threading.Event())

    assert heard[MIC] is views[MIC]


def test_final_pass_takes_streams_of_different_length(tmp_path):
    job, views = refine_views(tmp_path, (ECHO + NOISE)[: 7 * RATE + 100], FAR[: 6 * RATE])

    heard, _ = without_echo(job, views, threading.Event())

    assert len(heard[MIC].read(0, 8 * RATE)) == 7 * RATE + 100


def test_disk_that_refuses_leaves_the_recording(tmp_path):
    job, views = refine_views(tmp_path, ECHO + NOISE)
    job = replace(job, spools={**job.spools, MIC: tmp_path / "gone" / "mic.s16"})

    heard, leak = without_echo(job, views, threading.Event())

    assert heard[MIC] is views[MIC]
    assert leak is not None


def test_final_pass_can_be_stopped(tmp_path):
    job, views = refine_views(tmp_path, ECHO + NOISE)
    cancel = threading.Event()
    cancel.set()

    with pytest.raises(Cancelled):
        without_echo(job, views, cancel)
