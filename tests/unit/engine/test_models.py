"""Loading once, and describing what was loaded."""

import pytest

from app.backends import registry
from app.domain.errors import KnownError
from app.domain.ports import BackendInfo
from app.domain.session import ModelChoice
from app.engine import models as models_module
from app.engine.models import LoadedModels, for_language
from tests.fakes.pixit import write_pixit

pytestmark = pytest.mark.unit


class FakeBackend:
    """A registry entry that counts what it loads."""

    def __init__(self, role, backend_id):
        self.info = BackendInfo(backend_id=backend_id, role=role, title="")
        self.loaded = []

    def load(self, models_dir, *, threads, checkpoint=None):
        self.loaded.append((models_dir, threads))
        return object()


@pytest.fixture
def found(monkeypatch):
    """Every backend that was asked for, by role and id."""
    backends = {}

    def find(role, backend_id):
        return backends.setdefault((role, backend_id), FakeBackend(role, backend_id))

    monkeypatch.setattr(models_module.registry, "find", find)
    return backends


def test_model_is_loaded_once(found, tmp_path):
    models = LoadedModels(tmp_path)

    first, second = models.asr("whisper-base"), models.asr("whisper-base")

    assert first is second
    assert found["asr", "whisper-base"].loaded == [(tmp_path, 1)]


def test_recogniser_of_the_background_is_a_copy_that_is_kept(found, tmp_path):
    models = LoadedModels(tmp_path)

    own, copy = models.asr("whisper-base"), models.background_asr("whisper-base")

    assert copy is not own
    assert models.background_asr("whisper-base") is copy
    assert found["asr", "whisper-base"].loaded == [(tmp_path, 1)] * 2


def test_every_stream_gets_a_voice_activity_model_of_its_own(found, tmp_path):
    models = LoadedModels(tmp_path)

    assert models.vad("silero-vad") is not models.vad("silero-vad")


def test_choice_loads_every_role_and_tells_what_it_used(found, tmp_path):
    used = LoadedModels(tmp_path).load_choice(ModelChoice())

    assert {(use.role, use.model_id) for use in used} == {
        ("vad", "silero-vad"),
        ("segmentation", "pyannote-segmentation-3.0"),
        ("embedding", "campplus-zh-en"),
        ("asr", "moonshine-tiny-en"),
        ("asr", "whisper-base"),
    }
    assert all(len(use.sha256) == 64 for use in used)


def test_model_that_the_manifest_does_not_list_has_no_hash(found, tmp_path):
    models = LoadedModels(tmp_path)

    models.asr("somebody-elses")

    (use,) = models.used()
    assert (use.model_id, use.version, use.sha256) == ("somebody-elses", "", "")


def test_separation_is_the_shipped_network_or_the_users_own(found, tmp_path):
    models = LoadedModels(tmp_path)
    (tmp_path / "libri2mix.bin").touch()

    shipped = models.separation("two-voices")
    own = models.separation(str(tmp_path / "libri2mix.bin"))

    assert models.separation("two-voices") is shipped
    assert models.separation(str(tmp_path / "libri2mix.bin")) is own
    assert own is not shipped
    assert [(use.model_id, len(use.sha256)) for use in models.used()] == [
        ("libri2mix.bin", 0),
        ("two-voices", 64),
    ]


def test_checkpoint_is_loaded_by_the_backend_whose_network_it_holds(found, tmp_path):
    write_pixit(tmp_path / "meetings.bin")
    (tmp_path / "libri2mix.bin").touch()
    models = LoadedModels(tmp_path)

    models.separation("pixit")
    models.separation(str(tmp_path / "meetings.bin"))
    models.separation(str(tmp_path / "libri2mix.bin"))

    assert len(found["separation", "pixit"].loaded) == 2
    assert len(found["separation", "two-voices"].loaded) == 1


def test_checkpoint_that_is_not_here_is_not_fetched(tmp_path):
    with pytest.raises(KnownError, match="hf download"):
        LoadedModels(tmp_path).separation("someone/network")


def test_refiner_that_ships_with_the_program_is_loaded_once(found, tmp_path):
    models = LoadedModels(tmp_path)

    assert models.refiner("voice-refiner") is models.refiner("voice-refiner")
    assert found["refinement", "voice-refiner"].loaded == [(tmp_path, 2)]


def test_missing_weights_name_the_command(tmp_path):
    with pytest.raises(KnownError, match="crosstalk models fetch"):
        LoadedModels(tmp_path).load_choice(ModelChoice())


def test_english_keeps_the_choice():
    assert for_language(ModelChoice(), "en") == ModelChoice()


@pytest.mark.parametrize("language", ["de", "auto"])
def test_other_languages_take_a_partial_recogniser_that_knows_them(language):
    choice = for_language(ModelChoice(), language)

    assert choice.asr_partial == choice.asr_final == "whisper-base"


def test_final_recogniser_that_does_not_know_the_language_is_refused():
    with pytest.raises(KnownError, match="whisper-tiny-en does not know"):
        for_language(ModelChoice(asr_final="whisper-tiny-en"), "de")


def test_no_recogniser_is_asked_for_a_language_that_there_is_none_of():
    with pytest.raises(KnownError, match="whisper-base does not know"):
        for_language(ModelChoice(), "xx")


def test_default_choice_is_registered():
    choice = ModelChoice()

    for role, backend_id in (
        ("vad", choice.vad),
        ("segmentation", choice.segmentation),
        ("embedding", choice.embedding),
        ("asr", choice.asr_partial),
        ("asr", choice.asr_final),
    ):
        assert registry.find(role, backend_id).info.role == role
