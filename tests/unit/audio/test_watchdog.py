import pytest

from app.audio.levels import Finding, Signal
from app.audio.watchdog import NoSurroundings, Watchdog
from app.domain.ids import StreamId
from app.domain.messages import NoticeKind
from tests.fakes.audio_device import make_device

pytestmark = pytest.mark.unit


class Desk:
    """A sound system that knows what a test says."""

    silence_hint = "Look there."

    def __init__(self) -> None:
        self.playing: str | None = None
        self.muted = False
        self.muting: str | None = None

    def playing_program(self) -> str | None:
        return self.playing

    def is_muted(self, device) -> bool:
        return self.muted

    def program_muting(self, device) -> str | None:
        return self.muting


def told(watchdog: Watchdog, stream: StreamId, *signals: Signal) -> list:
    return list(watchdog.judge(make_device(stream), signals))


def silent(seconds: int) -> Signal:
    return Signal(Finding.SILENT, seconds)


def test_silent_system_audio_is_told_only_while_something_plays():
    desk = Desk()
    watchdog = Watchdog(StreamId.SYSTEM, desk)

    before = told(watchdog, StreamId.SYSTEM, silent(10), silent(60))
    desk.playing = "Zoom"
    (notice,) = told(watchdog, StreamId.SYSTEM, silent(120), silent(180))

    assert before == []
    assert notice.kind is NoticeKind.SILENT_SOURCE
    assert "Zoom is playing" in notice.text
    assert "120 s. Look there." in notice.text


def test_something_that_plays_for_a_moment_at_the_start_is_no_fault():
    desk = Desk()
    desk.playing = "Music"

    assert told(Watchdog(StreamId.SYSTEM, desk), StreamId.SYSTEM, silent(10)) == []


def test_silent_microphone_is_told_once_per_silence():
    watchdog = Watchdog(StreamId.MIC, NoSurroundings())

    first = told(watchdog, StreamId.MIC, silent(10), silent(60), silent(120))
    second = told(watchdog, StreamId.MIC, silent(60))

    assert [len(first), len(second)] == [1, 1]
    assert "silence for 60 s" in second[0].text


def test_muted_microphone_is_called_muted():
    desk = Desk()
    desk.muted = True

    (notice,) = told(Watchdog(StreamId.MIC, desk), StreamId.MIC, silent(10))

    assert notice.text == "The microphone (Fake mic) is muted in the sound settings."


def test_clipping_is_told_with_its_share():
    watchdog = Watchdog(StreamId.MIC, NoSurroundings())

    (notice,) = told(watchdog, StreamId.MIC, Signal(Finding.CLIPPING, 0.0081))

    assert notice.kind is NoticeKind.CLIPPING
    assert "0.8 % of it is cut off" in notice.text


def test_talking_while_the_meeting_program_is_muted_is_told_once_until_it_is_not():
    desk = Desk()
    watchdog = Watchdog(StreamId.MIC, desk)
    talk = Signal(Finding.TALKING, -30.0)

    unmuted = told(watchdog, StreamId.MIC, talk)
    desk.muting = "Teams"
    muted = told(watchdog, StreamId.MIC, talk, talk)
    desk.muting = None
    between = told(watchdog, StreamId.MIC, talk)
    desk.muting = "Teams"
    again = told(watchdog, StreamId.MIC, talk)

    assert [len(unmuted), len(muted), len(between), len(again)] == [0, 1, 0, 1]
    assert muted[0].kind is NoticeKind.MUTED
    assert "You are talking, but Teams has the microphone muted" in muted[0].text


def test_talk_in_the_system_audio_is_nobody_muted():
    desk = Desk()
    desk.muting = "Teams"

    assert not told(Watchdog(StreamId.SYSTEM, desk), StreamId.SYSTEM, Signal(Finding.TALKING, -9))
