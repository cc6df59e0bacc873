import threading

import numpy as np
import pytest
import soundfile

from app.audio import timeline
from app.audio.recorder import Recorder
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.messages import NoticeKind
from app.domain.units import Span
from tests.fakes.audio_device import FakeInput, ManualClock, make_device

pytestmark = pytest.mark.unit

RATE_HZ = 48_000
WAIT_S = 10.0


class Bench:
    """A recorder with fake devices, a manual clock and a list of notices."""

    def __init__(self, folder, *streams: StreamId) -> None:
        self.clock = ManualClock()
        self.inputs = {stream: FakeInput(make_device(stream)) for stream in streams}
        self.reopened: dict[StreamId, FakeInput] = {}
        self.changed = threading.Event()
        self.wrong: set[StreamId] = set()
        self.notices = []
        self.noticed = threading.Semaphore(0)
        self.opened = threading.Semaphore(0)
        self.t0 = self.clock.time_s
        self.recorder = Recorder(
            folder,
            self.inputs,
            self._reopen,
            changed=self.changed,
            is_right=lambda stream, _input: stream not in self.wrong,
            started_at_s=self.t0,
            on_notice=self._on_notice,
            clock=self.clock,
        )

    def wait_for(self, stream: StreamId, sample: int) -> None:
        assert len(self.recorder.sources()[stream].read(sample, 1, timeout_s=WAIT_S))

    def _reopen(self, stream: StreamId) -> FakeInput:
        if stream not in self.reopened:
            raise KnownError("not there")
        self.opened.release()
        return self.reopened[stream]

    def _on_notice(self, notice) -> None:
        self.notices.append(notice)
        self.noticed.release()


@pytest.fixture
def bench(tmp_path):
    made = []

    def make(*streams: StreamId) -> Bench:
        made.append(Bench(tmp_path, *(streams or (StreamId.MIC,))))
        return made[-1]

    yield make
    for each in made:
        each.recorder.stop()


def noise(seconds: float) -> np.ndarray:
    count = round(seconds * RATE_HZ)
    return np.random.default_rng(count).integers(-3_000, 3_000, (count, 1), dtype=np.int16)


def archived(info) -> np.ndarray:
    return np.concatenate(
        [soundfile.read(p, dtype="int16", always_2d=True)[0] for p in info.original_paths]
    )


def test_streams_are_placed_by_the_time_of_their_capture(bench):
    both = bench(StreamId.MIC, StreamId.SYSTEM)
    sound = noise(1.0)

    both.inputs[StreamId.MIC].deliver(sound, both.t0 + 1.1)
    both.inputs[StreamId.SYSTEM].deliver(sound, both.t0 + 1.75)
    infos = {info.stream: info for info in both.recorder.stop()}

    for stream, offset in ((StreamId.MIC, 4_800), (StreamId.SYSTEM, 36_000)):
        frames = archived(infos[stream])
        assert not frames[:offset].any()
        np.testing.assert_array_equal(frames[offset:], sound)
        assert infos[stream].dropped_samples == 0
        assert infos[stream].sample_count == (offset + RATE_HZ) // 3
    assert both.notices == []


def test_stop_drains_what_was_captured_and_closes_everything(bench):
    one = bench()
    one.inputs[StreamId.MIC].deliver(noise(0.01), one.t0 + 0.01)

    first = one.recorder.stop()
    second = one.recorder.stop()

    assert first == second
    assert first[0].sample_count == 160
    assert one.inputs[StreamId.MIC].close_count > 0
    assert one.recorder.sources()[StreamId.MIC].read(160, 1, timeout_s=0) is None
    assert one.recorder.duration_s() == 0.01


def test_overrun_leaves_a_gap_of_the_same_length(bench):
    one = bench()
    device = one.inputs[StreamId.MIC]
    sound = noise(14.0)

    # In one go: more than the ring holds, whatever the recorder's thread does meanwhile.
    device.deliver(sound, one.t0 + 14.0)
    one.wait_for(StreamId.MIC, 11 * 16_000)
    device.deliver(sound[:RATE_HZ], one.t0 + 15.0)
    info = one.recorder.stop()[0]

    frames = archived(info)
    kept = 12 * RATE_HZ
    assert len(frames) == 15 * RATE_HZ
    np.testing.assert_array_equal(frames[:kept], sound[:kept])
    assert not frames[kept : 14 * RATE_HZ].any()
    np.testing.assert_array_equal(frames[14 * RATE_HZ :], sound[:RATE_HZ])
    assert info.dropped_samples == 2 * 16_000


def test_lost_device_is_told_filled_and_used_again(bench):
    one = bench()
    first, second = one.inputs[StreamId.MIC], FakeInput(make_device(rate_hz=16_000))
    sound = noise(1.0)
    first.deliver(sound, one.t0 + 1.0)
    one.wait_for(StreamId.MIC, 15_000)

    one.clock.time_s = one.t0 + 1.5
    first.is_lost = True
    assert one.noticed.acquire(timeout=WAIT_S)
    one.clock.time_s = one.t0 + 2.6
    one.wait_for(StreamId.MIC, round(2.5 * 16_000))
    level_while_lost_dbfs = one.recorder.levels_dbfs()[StreamId.MIC]
    one.reopened[StreamId.MIC] = second
    one.clock.time_s = one.t0 + 4.0
    assert one.opened.acquire(timeout=WAIT_S)
    second.deliver(np.full((16_000, 1), 777, np.int16), one.t0 + 5.5)
    info = one.recorder.stop()[0]

    assert [n.kind for n in one.notices] == [NoticeKind.DEVICE_LOST, NoticeKind.OTHER]
    assert one.notices[0].stream is StreamId.MIC
    assert first.close_count == 1
    assert level_while_lost_dbfs == -120.0
    assert info.sample_count == round(5.5 * 16_000)
    # Lost: from 1.0 s, where the first device ended, to 4.5 s, where the second began.
    assert info.dropped_samples == pytest.approx(3.5 * 16_000, abs=2)
    assert info.lost == (Span(16_000, round(4.5 * 16_000)),)
    spool = np.fromfile(info.spool_path, "<i2")
    assert not spool[round(1.1 * 16_000) : round(4.5 * 16_000)].any()
    assert set(spool[round(4.5 * 16_000) :]) == {777}


def test_change_of_the_default_moves_the_stream_without_a_break(bench):
    both = bench(StreamId.MIC, StreamId.SYSTEM)
    sound = noise(1.0)
    for device in both.inputs.values():
        device.deliver(sound, both.t0 + 1.0)
    both.wait_for(StreamId.SYSTEM, 15_000)
    headset = FakeInput(make_device(StreamId.SYSTEM, channels=2, key="headset", name="Headset"))
    both.reopened[StreamId.SYSTEM] = headset

    both.clock.time_s += 1.0
    both.wrong.add(StreamId.SYSTEM)
    both.changed.set()
    assert both.opened.acquire(timeout=WAIT_S)
    both.wrong.clear()
    headset.deliver(np.full((RATE_HZ, 2), 777, np.int16), both.t0 + 2.1)
    infos = {info.stream: info for info in both.recorder.stop()}

    assert [n.text for n in both.notices] == ["The system audio is now recorded from Headset."]
    assert both.inputs[StreamId.SYSTEM].close_count == 1
    system = infos[StreamId.SYSTEM]
    assert (system.device, system.channels) == ("Headset", 2)
    assert system.sample_count == round(2.1 * 16_000)
    assert system.dropped_samples == pytest.approx(1_600, abs=2)
    assert infos[StreamId.MIC].dropped_samples == 0


def moved(one, device) -> None:
    """Let the default change to another device."""
    one.reopened[StreamId.MIC] = FakeInput(device)
    one.wrong.add(StreamId.MIC)
    one.changed.set()
    assert one.opened.acquire(timeout=WAIT_S)
    one.wrong.clear()


def test_default_that_wanders_is_told_once_where_it_ends_up(bench):
    one = bench()

    moved(one, make_device(key="built-in", name="Built-in"))
    moved(one, make_device(key="phone", name="Headset", rate_hz=16_000))
    one.clock.time_s += 2.0
    assert one.noticed.acquire(timeout=WAIT_S)
    one.recorder.stop()

    assert [notice.text for notice in one.notices] == [
        "The microphone is now recorded from Headset, in phone quality (16 kHz). Bluetooth "
        "headsets change to it while their microphone is in use."
    ]


def test_default_that_comes_back_at_once_is_not_told(bench):
    one = bench()
    first = one.inputs[StreamId.MIC].device

    moved(one, make_device(key="built-in", name="Built-in"))
    moved(one, first)
    one.recorder.stop()

    assert one.notices == []


def test_change_that_concerns_no_stream_is_ignored(bench):
    one = bench()
    one.inputs[StreamId.MIC].deliver(noise(1.0), one.t0 + 1.0)
    one.changed.set()
    one.wait_for(StreamId.MIC, 15_000)

    one.recorder.stop()

    assert one.notices == []
    assert not one.changed.is_set()


def test_device_that_delivers_nothing_any_more_is_taken_as_lost(bench):
    one = bench()
    one.inputs[StreamId.MIC].deliver(noise(1.0), one.t0 + 1.0)
    one.wait_for(StreamId.MIC, 15_000)

    one.clock.time_s = one.t0 + 12.0

    assert one.noticed.acquire(timeout=WAIT_S)
    assert one.notices[0].kind is NoticeKind.DEVICE_LOST


def test_sleep_of_the_computer_is_told_and_devices_are_looked_at_again(bench):
    one = bench()
    one.wrong.add(StreamId.MIC)
    one.reopened[StreamId.MIC] = FakeInput(make_device(key="other", name="Other"))

    one.clock.slept_s = 12 * 60
    assert one.noticed.acquire(timeout=WAIT_S)
    assert one.opened.acquire(timeout=WAIT_S)
    one.wrong.clear()
    one.clock.time_s += 2.0
    assert one.noticed.acquire(timeout=WAIT_S)

    assert one.notices[0].text.startswith("The computer slept for 12 min.")
    assert one.notices[0].marked_at is not None
    assert one.notices[1].marked_at is None
    assert "now recorded from Other" in one.notices[1].text


def test_small_correction_of_the_wall_clock_is_no_sleep(bench):
    one = bench()

    one.clock.slept_s = 5.0
    one.inputs[StreamId.MIC].deliver(noise(1.0), one.t0 + 1.0)
    one.wait_for(StreamId.MIC, 15_000)
    one.recorder.stop()

    assert one.notices == []


def test_other_stream_goes_on_while_one_is_lost(bench):
    both = bench(StreamId.MIC, StreamId.SYSTEM)
    both.inputs[StreamId.MIC].is_lost = True
    assert both.noticed.acquire(timeout=WAIT_S)

    sound = noise(1.0)
    both.inputs[StreamId.SYSTEM].deliver(sound, both.t0 + 1.0)
    both.wait_for(StreamId.SYSTEM, 15_000)
    infos = {info.stream: info for info in both.recorder.stop()}

    np.testing.assert_array_equal(archived(infos[StreamId.SYSTEM]), sound)


def test_muted_microphone_is_told_and_silent_system_audio_is_not(bench):
    both = bench(StreamId.MIC, StreamId.SYSTEM)

    for device in both.inputs.values():
        device.deliver(np.zeros((11 * RATE_HZ, 1), np.int16), both.t0 + 11.0)
    both.recorder.stop()

    assert [(n.kind, n.stream) for n in both.notices] == [(NoticeKind.SILENT_SOURCE, StreamId.MIC)]


def test_full_disk_stops_the_recording_and_keeps_what_is_there(bench, monkeypatch):
    one = bench()
    device = one.inputs[StreamId.MIC]
    device.deliver(noise(1.0), one.t0 + 1.0)
    one.wait_for(StreamId.MIC, 15_000)

    def fill_up(_writer, _frames) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(timeline.StreamWriter, "append", fill_up)
    device.deliver(noise(1.0), one.t0 + 2.0)
    assert one.noticed.acquire(timeout=WAIT_S)
    info = one.recorder.stop()[0]

    assert one.notices[0].kind is NoticeKind.DISK
    assert one.notices[0].ends_recording
    assert "The disk is full" in one.notices[0].text
    assert device.close_count > 0
    assert info.sample_count == 16_000
    assert one.recorder.sources()[StreamId.MIC].read(16_000, 1, timeout_s=WAIT_S) is None


def test_bug_in_the_recorder_releases_readers_and_is_told(bench, monkeypatch, caplog):
    one = bench()

    def break_down(_writer, _frames) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(timeline.StreamWriter, "append", break_down)
    one.inputs[StreamId.MIC].deliver(noise(1.0), one.t0 + 1.0)

    assert one.noticed.acquire(timeout=WAIT_S)
    assert one.recorder.sources()[StreamId.MIC].read(0, 1, timeout_s=WAIT_S) is None
    assert "What came before is kept" in one.notices[0].text
    assert one.notices[0].ends_recording


def test_nothing_of_a_hold_is_stored_and_the_time_line_goes_on(bench):
    both = bench(StreamId.MIC, StreamId.SYSTEM)
    sound = noise(4.0)

    both.clock.time_s = both.t0 + 1.0
    assert both.recorder.hold() == 16_000
    assert both.recorder.hold() == 16_000
    both.clock.time_s = both.t0 + 3.0
    assert both.recorder.release() == 48_000
    assert both.recorder.release() is None
    # Captured before the hold was known, as frames that wait in a ring were.
    for device in both.inputs.values():
        device.deliver(sound, both.t0 + 4.0)
    infos = both.recorder.stop()

    expected = sound.copy()
    expected[RATE_HZ : 3 * RATE_HZ] = 0
    for info in infos:
        np.testing.assert_array_equal(archived(info), expected)
        assert info.sample_count == 64_000
        assert info.dropped_samples == 0
        spool = np.fromfile(info.spool_path, dtype="<i2")
        # The resampler's filter rings for a few milliseconds beyond an edge.
        assert not spool[16_100:47_900].any()
        assert spool[48_100:].any()
    assert both.notices == []


def test_a_recording_that_ends_while_held_keeps_only_what_came_before(bench):
    one = bench()
    one.inputs[StreamId.MIC].deliver(noise(1.0), one.t0 + 1.0)
    one.clock.time_s = one.t0 + 1.0
    one.recorder.hold()
    one.inputs[StreamId.MIC].deliver(noise(1.0), one.t0 + 2.0)

    (info,) = one.recorder.stop()

    np.testing.assert_array_equal(archived(info)[:RATE_HZ], noise(1.0))
    assert not archived(info)[RATE_HZ:].any()
