import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.backends.registry import backends
from app.backends.weights import MANIFEST_FILE, load_manifest

pytestmark = pytest.mark.integration

RUNTIMES = frozenset(
    {"torch", "onnxruntime", "ctranslate2", "faster_whisper", "pyannote", "asteroid", "torchaudio"}
)
IMPORT_PROGRAM = """
import importlib, json, pkgutil, sys
import app
SKIPPED = ("app.backends.", "app.store.migrations.")  # the registry imports the models' files
for module in pkgutil.walk_packages(app.__path__, "app."):
    if not module.name.startswith(SKIPPED) and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
importlib.import_module("app.backends.weights")
from app.backends.registry import backends
assert backends()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_importing_the_whole_program_loads_no_model_runtime(repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_PROGRAM],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert RUNTIMES.intersection(json.loads(done.stdout)) == set()


START_PROGRAM = """
import json, sys
from pathlib import Path
from app.bootstrap import open_context
from app.cli import main
from app.cli.session import Launch
from app.ui.main import run

def watch(window):
    window.greeter.is_waiting = False
    window.library.settled.connect(lambda: (loaded.extend(sys.modules), window.close()))

loaded = []
with open_context(Launch(data_dir=Path(sys.argv[1]))) as context:
    run(context, demo=False, watch=watch)
print(json.dumps(loaded))
"""
HEAVY = frozenset(
    {"alembic", "asyncio", "av", "numpy", "psutil", "scipy", "soundfile", "sqlalchemy"}
)
"""Each takes 25 to 500 ms of a start on a slow machine."""
NOT_FOR_THE_LIST = (
    "app.audio", "app.bench", "app.pipeline", "app.export", "app.services.recording",
    "app.services.speakers", "app.services.transcribing", "app.store.db", "app.ui.captions",
    "app.ui.desktop", "app.ui.doctor", "app.ui.export", "app.ui.first_steps", "app.ui.live",
    "app.ui.review", "app.ui.settings.view", "app.ui.speakers", "app.ui.transcript",
)  # fmt: skip


def test_a_start_lists_the_meetings_before_it_loads_what_other_pages_need(
    repository: Path, tmp_path: Path
) -> None:
    def listed() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", START_PROGRAM, str(tmp_path)],
            cwd=repository,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return list(json.loads(done.stdout))

    listed()  # a new library is made by Alembic
    loaded = listed()

    assert "app.ui.library.view" in loaded
    assert HEAVY.intersection(loaded) == set()
    assert [name for name in loaded if name.startswith(NOT_FOR_THE_LIST)] == []


def test_every_backend_plays_the_role_of_its_folder_with_weights_of_the_manifest() -> None:
    manifest = load_manifest(MANIFEST_FILE)

    for backend in backends():
        backend_id = backend.info.backend_id
        entry = manifest.find_own(backend_id) or manifest.find(backend_id)
        assert backend.module_name.startswith(f"app.backends.{backend.info.role}.")
        assert (entry.role, entry.licence) == (backend.info.role, backend.info.licence)
