import json
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from app.bench.echo import (
    EchoResult,
    EchoRow,
    add_echo,
    count_echo,
    draw_echo,
    run_echo,
    word_errors,
)
from app.bench.play import Setup
from app.bench.sets import find_sets
from app.bench.text import Token
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.units import Span
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit

BOTH = (StreamId.MIC, StreamId.SYSTEM)
NEAR, REMOTE = "good morning everybody", "where is the budget"


@pytest.fixture
def reference(tmp_path):
    """Near people say three words in seconds 0 to 2, remote ones four in seconds 1 to 4."""
    folder = write_set(tmp_path / "duo", NEAR, streams=BOTH, duration_s=5.0)
    rows = [
        {"speaker": stream, "stream": stream, "text": word, "start": at, "end": at + 0.5}
        for stream, text, first_s in (("mic", NEAR, 0.0), ("system", REMOTE, 1.0))
        for at, word in enumerate(text.split(), int(first_s))
    ]
    (folder / "words.json").write_text(json.dumps(rows))
    return find_sets([tmp_path])[0]


def take(*written: tuple[StreamId, str, float]):
    """A transcript of one segment per stretch of words, one word a second."""
    segments = [
        SimpleNamespace(
            stream=stream,
            words=tuple(
                SimpleNamespace(text=word, span=Span(round(t * 16_000), round(t * 16_000) + 8_000))
                for t, word in enumerate(text.split(), int(start_s))
            ),
        )
        for stream, text, start_s in written
    ]
    return SimpleNamespace(transcript=SimpleNamespace(segments=segments))


def test_remote_words_on_the_microphones_side_are_counted(reference):
    said = (StreamId.MIC, NEAR, 0.0), (StreamId.SYSTEM, REMOTE, 1.0)

    clean = count_echo(reference, take(*said), is_handled=True)
    echoed = count_echo(
        reference, take(*said, (StreamId.MIC, "where is budget", 1.0)), is_handled=False
    )

    assert (clean.remote_words, clean.near_words) == (4, 3)
    assert (clean.twice, clean.near_errors) == (0, 0)
    assert (echoed.twice, echoed.near_errors) == (3, 3)
    assert echoed.twice_percent == 75.0


def test_word_that_near_people_said_themselves_is_no_echo(reference):
    written = take((StreamId.MIC, "good morning everybody", 0.0))

    assert count_echo(reference, written, is_handled=True).twice == 0


def test_remote_word_at_another_time_is_no_echo(reference):
    written = take((StreamId.MIC, "budget", 40.0))

    assert count_echo(reference, written, is_handled=True).twice == 0


def brute_force(said: list[str], written: list[str]) -> int:
    if not said or not written:
        return len(said) + len(written)
    return min(
        brute_force(said[1:], written) + 1,
        brute_force(said, written[1:]) + 1,
        brute_force(said[1:], written[1:]) + (said[0] != written[0]),
    )


def test_word_errors_equal_those_of_brute_force():
    random = np.random.default_rng(1)
    for _ in range(40):
        said, written = (list(random.choice(list("abc"), random.integers(0, 6))) for _ in "ab")
        tokens = [[Token(text=t, start_s=0, end_s=0) for t in texts] for texts in (said, written)]

        assert word_errors(*tokens) == brute_force(said, written)


def test_added_echo_has_its_level_and_delay_and_the_near_side_stays():
    random = np.random.default_rng(2)
    system = random.normal(0, 0.05, 32_000).astype(np.float32)
    mic = random.normal(0, 0.02, 48_000).astype(np.float32)

    echo = add_echo(mic, system, -6.0) - mic

    assert not echo[: round(0.09 * 16_000)].any()
    level_db = 10 * np.log10(np.sum(echo**2) / np.sum(system**2))
    assert level_db == pytest.approx(-6.0, abs=0.5)
    match = np.correlate(echo[:20_000], system[:16_000], "valid")
    assert np.argmax(np.abs(match)) == round(0.09 * 16_000)


def test_every_set_is_run_as_it_is_and_with_an_echo_handled_and_not(reference, tmp_path):
    played = []

    def play(streams, setup):
        mic = soundfile.read(streams[StreamId.MIC])[0]
        is_leaky = "leaky" in streams[StreamId.MIC].parts
        played.append((setup.is_echo_handled, is_leaky, len(mic)))
        return take((StreamId.MIC, NEAR, 0.0))

    result = run_echo([reference], Setup(), play, tmp_path / "leaky", leak_db=-4.0)

    assert [row[:2] for row in played] == [
        (True, False),
        (False, False),
        (True, True),
        (False, True),
    ]
    assert {row[2] for row in played} == {80_000}
    assert [row.leak_db for row in result.rows] == [None, None, -4.0, -4.0]
    assert result.record()["ok"]


def row(**more) -> EchoRow:
    values = {"name": "duo", "is_handled": True, "leak_db": None, "remote_words": 100}
    values |= {"twice": 0, "near_words": 100, "near_errors": 7}
    return EchoRow(**(values | more))


def test_targets_look_at_handled_runs_alone():
    rows = (
        row(),
        row(is_handled=False, twice=90),
        row(leak_db=-4.0, near_errors=10, twice=4),
    )

    twice, lost = EchoResult(setup=Setup(), rows=rows).targets

    assert twice.value == pytest.approx(2.0)
    assert twice.is_missed
    assert lost.value == pytest.approx(3.0)
    assert lost.is_missed


def test_picture_holds_every_run(tmp_path):
    rows = (row(), row(is_handled=False, twice=90), row(leak_db=-4.0))

    draw_echo(EchoResult(setup=Setup(), rows=rows), tmp_path / "echo.png")

    assert (tmp_path / "echo.png").read_bytes().startswith(b"\x89PNG")


def test_sets_of_one_stream_cannot_be_measured(tmp_path):
    write_set(tmp_path / "one")

    with pytest.raises(KnownError, match=r"system\.flac"):
        run_echo(find_sets([tmp_path]), Setup(), lambda *_: None, tmp_path)
