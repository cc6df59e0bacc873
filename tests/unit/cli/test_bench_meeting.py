from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app.domain.ids import StreamId, TrackId
from app.domain.messages import SpeakerTurn
from app.domain.ports import VoiceTrail
from app.domain.units import Span
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit


class OneVoice:
    def follow(self, streams, **kwargs):
        turns = tuple(
            SpeakerTurn(stream=StreamId.MIX, span=Span(0, len(samples)), track=TrackId("S1"))
            for samples in streams.values()
        )
        return VoiceTrail(shown=turns, settled=turns)


@pytest.fixture
def sets(line, tmp_path, monkeypatch):
    made = line.made
    monkeypatch.setattr(
        line, "made", lambda: replace(made(), open_voice_follower=lambda folder: OneVoice())
    )
    write_set(tmp_path / "sets" / "one", "hello everybody")
    return str(tmp_path / "sets")


def test_the_bench_writes_one_object_and_a_figure(line, sets, tmp_path):
    figure = tmp_path / "out.png"
    arguments = ("bench", "meeting", "--set", sets, "--fast", "--ablate", "--json")

    found = line.run(*arguments, "--fig", str(figure), exit_code=1)

    record = json.loads(found.stdout.splitlines()[-1])
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert (record["bench"], record["realtime"], list(record["sets"])) == (
        "meeting",
        False,
        ["one"],
    )
    assert record["total"]["online"]["der"] == 0.0
    assert record["total"]["without"]["continuity"]["online"]["der"] == 0.0


def test_the_bench_for_people_names_every_figure(line, sets):
    output = line.run("bench", "meeting", "--set", sets, "--fast", "--ablate", exit_code=1).stdout

    assert "1 sets, 2 s, 2 words, balanced" in output
    assert "online labels: DER 0.0 % (missed 0.0 %, false 0.0 %, confused 0.0 %)" in output
    assert "online labels without continuity: DER 0.0 %" in output
    assert "right number of people in 0 of 1" in output


def test_the_live_point_is_not_the_final_pass(line, sets):
    result = line.run("bench", "meeting", "--set", sets, "--point", "final", exit_code=2)

    assert "--point is that of the live run" in result.stderr
