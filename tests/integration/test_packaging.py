import re
import shutil
import struct
import subprocess
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

APP_ID = "org.crosstalk.Crosstalk"
ICON_SIZES_PX = (16, 24, 32, 48, 64, 128, 256, 512)


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def menu(repository: Path, action: str, prefix: Path) -> subprocess.CompletedProcess[str]:
    script = str(repository / "packaging" / "install-desktop.sh")
    return run(script, action, str(prefix), "/opt/crosstalk/.venv", cwd=repository)


def files_below(folder: Path) -> set[str]:
    """All files but the caches that desktop tools write."""
    paths = (path for path in folder.rglob("*") if path.is_file() and "cache" not in path.name)
    return {str(path.relative_to(folder)) for path in paths}


def test_install_puts_launcher_icons_and_menu_entry_under_prefix(
    repository: Path, tmp_path: Path
) -> None:
    prefix = tmp_path / "a prefix"

    done = menu(repository, "install", prefix)

    assert done.returncode == 0, done.stderr
    files = files_below(prefix)
    assert {"bin/crosstalk", f"share/applications/{APP_ID}.desktop"} <= files
    assert len([name for name in files if "/icons/" in name]) == len(ICON_SIZES_PX) + 1
    entry = (prefix / "share" / "applications" / f"{APP_ID}.desktop").read_text()
    assert f'Exec="{prefix}/bin/crosstalk" %u' in entry
    assert "MimeType=x-scheme-handler/crosstalk;" in entry
    assert '"/opt/crosstalk/.venv/bin/crosstalk" "$@"' in (prefix / "bin/crosstalk").read_text()


def test_uninstall_takes_away_all_that_install_put_there(repository: Path, tmp_path: Path) -> None:
    menu(repository, "install", tmp_path)

    done = menu(repository, "uninstall", tmp_path)

    assert done.returncode == 0, done.stderr
    assert files_below(tmp_path) == set()


def test_install_and_uninstall_leave_another_program_of_that_name_alone(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "crosstalk").write_text("another program")

    installed = menu(repository, "install", tmp_path)
    menu(repository, "uninstall", tmp_path)

    assert installed.returncode == 1
    assert "is another program" in installed.stderr
    assert files_below(tmp_path) == {"bin/crosstalk"}


@pytest.mark.parametrize(
    "command",
    [
        ("desktop-file-validate", f"packaging/{APP_ID}.desktop"),
        ("appstreamcli", "validate", "--no-net", f"packaging/{APP_ID}.metainfo.xml"),
    ],
    ids=["menu entry", "metadata"],
)
def test_desktop_files_are_valid(repository: Path, command: tuple[str, ...]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")

    done = run(*command, cwd=repository)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("size_px", ICON_SIZES_PX)
def test_icon_has_the_size_of_its_name(repository: Path, size_px: int) -> None:
    header = (repository / "resources" / "icons" / f"crosstalk-{size_px}.png").read_bytes()[:24]

    assert struct.unpack(">II", header[16:24]) == (size_px, size_px)


@pytest.mark.parametrize("script", ["packaging/*.sh", ".ci/run"])
def test_scripts_parse_and_may_be_run(repository: Path, script: str) -> None:
    scripts = sorted(repository.glob(script))

    assert scripts
    for path in scripts:
        assert path.stat().st_mode & 0o111, path
        done = run("bash", "-n", str(path), cwd=repository)
        assert done.returncode == 0, done.stderr


def test_constraints_pin_every_dependency_without_local_builds(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    extras = [name for names in project["optional-dependencies"].values() for name in names]
    wanted = [name for name in (*project["dependencies"], *extras) if "crosstalk[" not in name]
    lines = (repository / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]

    pinned = {normalised(pin.partition("==")[0]) for pin in pins}

    assert {normalised(re.split(r"[^\w.-]", name)[0]) for name in wanted} <= pinned
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)


def test_second_set_up_has_nothing_to_do(repository: Path, tmp_path: Path) -> None:
    """A stamp keyed by what the environment is made from stands for the environment."""
    makefile = (repository / "Makefile").read_text()
    first = run("make", "-n", "env", f"VENV={tmp_path}", "SKIP_SYSTEM=1", cwd=repository)
    stamp = re.search(r"touch (\S+)", first.stdout)
    assert stamp, first.stdout + first.stderr
    Path(stamp.group(1)).touch()

    second = run("make", "-n", "env", f"VENV={tmp_path}", "SKIP_SYSTEM=1", cwd=repository)

    assert "install-env" in first.stdout
    assert "install-env" not in second.stdout
    assert "SKIP_SYSTEM" not in makefile, "the script itself honours it"


def test_help_lists_what_a_newcomer_needs(repository: Path) -> None:
    done = run("make", "help", cwd=repository)

    for target in ("run", "test", "check", "setup", "install", "uninstall", "screenshots"):
        assert f"  make {target} " in done.stdout


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
