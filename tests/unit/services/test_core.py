from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.errors import Category, KnownError
from app.domain.session import ModelChoice

pytestmark = pytest.mark.unit


def test_weights_that_are_here_pass(program):
    program.core.require_weights(ModelChoice())


@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_one_missing_model_is_fetched_by_its_id(program, state):
    program.weights.set_state("silero-vad", state)

    with pytest.raises(KnownError, match="crosstalk models fetch silero-vad") as caught:
        program.core.require_weights(ModelChoice())

    assert caught.value.category is Category.MISSING_MODEL


def test_several_missing_defaults_are_fetched_together(program):
    program.weights.set_state("silero-vad", "missing")
    program.weights.set_state("whisper-base", "missing")

    with pytest.raises(KnownError, match=r"silero-vad and whisper-base .*fetch default"):
        program.core.require_weights(ModelChoice())


def test_network_that_ships_with_the_program_has_to_be_there_when_chosen(program):
    choice = replace(ModelChoice(), separation="two-voices")
    program.core.require_weights(choice)
    program.weights.set_state("two-voices", "damaged")

    with pytest.raises(KnownError, match="two-voices"):
        program.core.require_weights(choice)
    program.core.require_weights(replace(ModelChoice(), separation="auto"))


def test_refiner_has_to_be_there_when_chosen(program):
    program.weights.set_state("voice-refiner", "damaged")
    program.core.require_weights(ModelChoice(refiner=None))

    with pytest.raises(KnownError, match="voice-refiner"):
        program.core.require_weights(ModelChoice())


def test_an_unknown_model_is_the_users_mistake(program):
    with pytest.raises(KnownError, match="whisper-huge is not a known model") as caught:
        program.core.require_weights(replace(ModelChoice(), asr_final="whisper-huge"))

    assert caught.value.category is Category.INPUT
