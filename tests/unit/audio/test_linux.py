import pytest

from app.audio import devices, linux
from app.audio.linux import LinuxCaptureBackend
from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from tests.fakes.audio_device import FakeInput, make_device

pytestmark = pytest.mark.unit

BOTH = {StreamId.MIC: "default", StreamId.SYSTEM: "default"}


@pytest.fixture
def opened(monkeypatch):
    """The fake inputs that the backend opened; the system's one can be told to fail."""
    inputs: list[FakeInput] = []
    found = (make_device(), make_device(StreamId.SYSTEM))

    def open_fake(device, _stream, _clock) -> FakeInput:
        inputs.append(FakeInput(device))
        return inputs[-1]

    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/socket")
    monkeypatch.setattr(devices, "list_devices", lambda: found)
    monkeypatch.setattr(linux, "open_input", open_fake)
    return inputs


def test_start_records_every_stream_and_stop_ends_it(opened, tmp_path):
    capture = LinuxCaptureBackend().start(BOTH, tmp_path / "a" / "b", lambda _notice: None)

    infos = capture.stop()

    assert [info.stream for info in infos] == [StreamId.MIC, StreamId.SYSTEM]
    assert [info.device for info in infos] == ["Fake mic", "Fake system"]
    assert all(each.close_count for each in opened)


def test_unknown_second_device_leaves_nothing_running(opened, tmp_path):
    wanted = {StreamId.SYSTEM: "default", StreamId.MIC: "nowhere"}

    with pytest.raises(KnownError, match="nowhere"):
        LinuxCaptureBackend().start(wanted, tmp_path, lambda _notice: None)

    assert [each.close_count for each in opened] == [1]
    assert list(tmp_path.iterdir()) == []


def test_default_stands_in_for_a_device_that_is_away(opened, monkeypatch):
    backend = LinuxCaptureBackend()
    usb = make_device(key="usb", is_default=False)
    monkeypatch.setattr(linux.inventory, "is_recorded_from", lambda device, process_id: True)

    stand_in = backend.find_again("usb", StreamId.MIC)
    is_right_while_away = backend.is_right("usb", StreamId.MIC, FakeInput(stand_in), None)
    monkeypatch.setattr(devices, "list_devices", lambda: (make_device(), usb))

    assert stand_in.key == "fake.mic"
    assert is_right_while_away
    assert backend.find_again("usb", StreamId.MIC) == usb
    assert not backend.is_right("usb", StreamId.MIC, FakeInput(stand_in), None)
    assert backend.is_right("usb", StreamId.MIC, FakeInput(usb), None)


def test_device_that_ends_at_once_is_refused(opened, tmp_path, monkeypatch):
    monkeypatch.setattr(linux, "open_input", lambda device, _stream, _clock: lost)
    lost = FakeInput(make_device())
    lost.is_lost = True

    with pytest.raises(KnownError, match="the sound server refused it"):
        LinuxCaptureBackend().start({StreamId.MIC: "default"}, tmp_path, lambda _notice: None)

    assert lost.close_count
    assert list(tmp_path.iterdir()) == []


def test_folder_that_holds_a_recording_is_not_overwritten(opened, tmp_path):
    (tmp_path / "system.s16").write_bytes(b"\1\0")

    with pytest.raises(KnownError, match="already holds a recording"):
        LinuxCaptureBackend().start(BOTH, tmp_path, lambda _notice: None)

    assert opened == []
    assert (tmp_path / "system.s16").read_bytes() == b"\1\0"


def test_folder_that_cannot_be_made_is_a_known_error(opened, tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(KnownError, match="cannot be written") as caught:
        LinuxCaptureBackend().start(BOTH, tmp_path / "file" / "x", lambda _notice: None)

    assert caught.value.category is Category.DISK
    assert opened == []


def test_recording_nothing_is_refused(opened, tmp_path):
    with pytest.raises(KnownError, match="Choose a microphone or system audio"):
        LinuxCaptureBackend().start({}, tmp_path, lambda _notice: None)
