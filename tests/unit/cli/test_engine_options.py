from __future__ import annotations

from types import SimpleNamespace

import click
import pytest

from app.cli.engine_options import (
    LanguageParam,
    Parts,
    PointParam,
    SpeakerRangeParam,
    choose_models,
    read_terms,
)
from app.domain.errors import KnownError
from app.domain.session import OperatingPoint, SpeakerRange

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("text", "bounds"), [("3", (3, 3)), ("2-4", (2, 4)), (" 1-10 ", (1, 10))])
def test_speakers_are_a_number_or_a_range(text, bounds):
    expected = SpeakerRange(minimum=bounds[0], maximum=bounds[1])

    assert SpeakerRangeParam().convert(text, None, None) == expected


@pytest.mark.parametrize("text", ["0", "4-2", "-", "2-", "x", "1.5"])
def test_other_ranges_are_refused(text):
    with pytest.raises(click.BadParameter):
        SpeakerRangeParam().convert(text, None, None)


def test_points_and_languages_are_looked_up():
    assert PointParam().convert("live", None, None) is OperatingPoint.LIVE
    assert LanguageParam().convert("EN", None, None) == "en"
    assert LanguageParam().convert("auto", None, None) == "auto"
    with pytest.raises(click.BadParameter):
        PointParam().convert("LIVE!", None, None)
    with pytest.raises(click.BadParameter):
        LanguageParam().convert("english", None, None)


def saying(said: list[str]) -> SimpleNamespace:
    """A session whose warnings are kept."""
    return SimpleNamespace(writer=SimpleNamespace(warning=said.append))


def test_a_vocabulary_is_one_term_a_line(tmp_path):
    path = tmp_path / "terms.txt"
    path.write_text("\ufeffCrosstalk\n\n  Ada Lovelace  \r\nCrosstalk\n", encoding="utf-8")

    said: list[str] = []

    terms = read_terms(saying(said), path)

    assert [term.text for term in terms] == ["Crosstalk", "Ada Lovelace"]
    assert said == [
        f"crosstalk: {path}: left out line 4, \u201cCrosstalk\u201d: it stands in line 1 already."
    ]
    assert read_terms(saying(said), None) == ()


def test_a_vocabulary_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "terms.bin"
    path.write_bytes(b"\xff\xfe\x00\x81")

    with pytest.raises(KnownError, match="UTF-8"):
        read_terms(saying([]), path)


def test_separation_is_a_mode_or_a_checkpoint(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "libri2mix.bin"
    own.touch()

    def chosen(text):
        choice = choose_models(program.context, Parts(asr="moonshine-tiny-en", separation=text))
        return choice.separation

    assert chosen("off") is None
    modes = ["auto", "on", "two-voices", "pixit"]
    assert [chosen(text) for text in modes] == modes
    assert chosen("libri2mix.bin") == str(own)
    assert chosen("JorisCos/ConvTasNet_Libri2Mix_sepclean_16k") == (
        "JorisCos/ConvTasNet_Libri2Mix_sepclean_16k"
    )
    with pytest.raises(KnownError, match="takes off, auto, on"):
        chosen("folder/nowhere.pth")


def test_models_are_only_chosen_when_the_user_asks(program):
    context = program.context

    assert choose_models(context, Parts()) is None
    assert choose_models(context, Parts(asr="whisper-base")) is None
    chosen = choose_models(context, Parts(asr="moonshine-tiny-en", echo="off", separation="off"))
    assert chosen.asr_final == "moonshine-tiny-en"
