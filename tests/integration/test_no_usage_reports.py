import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

SWITCH = "PYANNOTE_METRICS_ENABLED"


def test_importing_a_backend_switches_usage_reports_off(repository: Path) -> None:
    script = f"import os, app.backends.registry; print(os.environ['{SWITCH}'])"

    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=repository,
        env={**os.environ, SWITCH: "true"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.strip() == "false"


def test_pyannote_still_heeds_the_switch() -> None:
    metrics = distribution("pyannote.audio").locate_file("pyannote/audio/telemetry/metrics.py")

    text = Path(str(metrics)).read_text(encoding="utf-8")

    assert f'os.environ["{SWITCH}"].lower() in ["true", "1"]' in text


def test_onnxruntime_keeps_no_reports(repository: Path, tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "from app.backends.vad.silero import load\n"
        "from app.lib.paths import resolve_paths\n"
        "load(resolve_paths(Path('.')).models_dir)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}

    subprocess.run(
        [sys.executable, "-c", script], cwd=repository, env=environment, timeout=60, check=True
    )

    assert list(tmp_path.rglob("*onnxruntime*")) == []
