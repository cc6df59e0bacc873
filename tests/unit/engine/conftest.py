"""An engine in a thread, with models that hear a script."""

import pytest

from app.engine import child
from app.engine.process_host import ProcessHost
from tests.fakes.engine_process import Engines
from tests.fakes.models import FakeModels, Script

SCRIPT = Script.of_turns(
    (0, 0.5, "one two three four five six seven eight nine ten"),
    (1, 5.0, "a b c d e f g h i j k l"),
    (0, 10.5, "eleven twelve thirteen fourteen fifteen"),
)


@pytest.fixture
def models(monkeypatch) -> FakeModels:
    """What every engine of the test loads."""
    fakes = FakeModels(SCRIPT)

    def load(models_dir):
        fakes.models_dir = models_dir
        return fakes

    monkeypatch.setattr(child, "LoadedModels", load)
    return fakes


@pytest.fixture
def make_host():
    """Hosts over `Engines` of the given parts; closed at the end of the test."""
    hosts = []

    def make(*parts, clock=None):
        engines = Engines(*parts)
        host = ProcessHost(engines, clock=clock)
        hosts.append(host)
        return host, engines

    yield make
    for host in hosts:
        host.close()
