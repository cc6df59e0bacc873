import json
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


def test_opening_the_library_waits_for_nothing_that_only_some_meetings_need(
    repository: Path, tmp_path: Path
) -> None:
    program = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from app.bootstrap import open_context\n"
        "from app.cli.session import Launch\n"
        "with open_context(Launch(data_dir=Path(sys.argv[1]))):\n"
        "    print(json.dumps(sorted(sys.modules)))\n"
    )

    def opened() -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            cwd=repository,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return set(json.loads(done.stdout))

    opened()  # a new library is made by Alembic
    loaded = opened()

    assert {"app.store.library", "sqlalchemy"} <= loaded
    assert loaded.isdisjoint({"alembic", "av", "scipy", "app.cli.bench"})


def test_every_backend_plays_the_role_of_its_folder_with_weights_of_the_manifest() -> None:
    manifest = load_manifest(MANIFEST_FILE)

    for backend in backends():
        backend_id = backend.info.backend_id
        entry = manifest.find_own(backend_id) or manifest.find(backend_id)
        assert backend.module_name.startswith(f"app.backends.{backend.info.role}.")
        assert (entry.role, entry.licence) == (backend.info.role, backend.info.licence)
