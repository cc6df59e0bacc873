"""Nothing is asked unless the user wants it; what PyPI answers is compared with care."""

import subprocess
import sys
import tomllib
from dataclasses import replace
from urllib.error import HTTPError

import pytest

from app.domain.errors import KnownError
from app.lib.paths import SOURCE_ROOT
from app.services.updates import PYPI_URL, SUMMARY, Release, UpdatesService
from app.settings.schema import Settings, UpdateSettings
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.unit


class PyPi:
    def __init__(self, data_dir):
        self.asked = []
        self.answer = {"info": {"version": "0.3.0", "summary": SUMMARY, "yanked": False}}
        self.settings = Settings()
        self.clock = FakeClock()
        self.data_dir = data_dir

    def get_json(self, url, timeout_s):
        self.asked.append((url, timeout_s))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def service(self, version="0.2.0"):
        return UpdatesService(
            lambda: self.settings,
            self.clock,
            self.data_dir,
            get_json=self.get_json,
            version=version,
        )


@pytest.fixture
def pypi(tmp_path):
    return PyPi(tmp_path)


def switch_on(pypi):
    pypi.settings = replace(pypi.settings, updates=UpdateSettings(is_checking=True))


def test_nothing_is_asked_while_it_is_off(pypi):
    assert Settings().updates.is_checking is False
    for _day in range(3):
        assert pypi.service().check_if_due() is None
        pypi.clock.advance(86_400)

    assert pypi.asked == []
    assert list(pypi.data_dir.iterdir()) == []


def test_a_press_asks_once(pypi):
    release = pypi.service().check()

    assert release == Release(version="0.3.0", is_newer=True)
    assert pypi.asked == [(PYPI_URL, 10.0)]
    assert "pdate with: " in release.how


def test_it_is_asked_once_a_day_over_restarts_of_the_program(pypi):
    switch_on(pypi)
    assert pypi.service().check_if_due() == Release(version="0.3.0", is_newer=True)
    pypi.clock.advance(86_399)
    assert pypi.service().check_if_due() is None
    pypi.clock.advance(1)
    assert pypi.service().check_if_due() is not None

    assert len(pypi.asked) == 2


def test_without_a_connection_a_press_is_answered_and_the_daily_look_is_silent(pypi):
    switch_on(pypi)
    pypi.answer = OSError("no route to host")

    assert pypi.service().check_if_due() is None
    assert pypi.service().check_if_due() is None
    assert len(pypi.asked) == 1
    with pytest.raises(KnownError, match="Check the connection"):
        pypi.service().check()


@pytest.mark.parametrize(
    ("published", "own", "is_newer"),
    [
        ("0.10.0", "0.9.1", True),
        ("0.2.0", "0.2", False),
        ("0.2", "0.2.0", False),
        ("0.1.9", "0.2.0", False),
        ("1.0", "0.99.7", True),
    ],
)
def test_versions_are_compared_by_their_numbers(pypi, published, own, is_newer):
    pypi.answer["info"]["version"] = published

    assert pypi.service(own).check() == Release(version=published, is_newer=is_newer)


@pytest.mark.parametrize(
    "change",
    [{"summary": "Cross-domain messages"}, {"yanked": True}, {"version": "2.0rc1"}, {"version": 3}],
)
def test_what_is_no_release_of_ours_is_no_update(pypi, change):
    pypi.answer["info"].update(change)

    assert pypi.service().check() == Release(version=None, is_newer=False)


def test_a_name_that_is_not_taken_is_no_error(pypi):
    pypi.answer = HTTPError(PYPI_URL, 404, "Not Found", None, None)

    assert pypi.service().check() == Release(version=None, is_newer=False)


@pytest.mark.parametrize("answer", [[], {}, {"info": None}, ValueError("not JSON")])
def test_an_answer_without_sense_is_told(pypi, answer):
    pypi.answer = answer

    with pytest.raises(KnownError):
        pypi.service().check()


def test_a_damaged_memory_only_costs_one_more_question(pypi):
    switch_on(pypi)
    (pypi.data_dir / "updates.json").write_text("{")

    assert pypi.service().check_if_due() is not None
    assert pypi.service().check_if_due() is None


def test_our_package_says_what_it_is():
    project = tomllib.loads((SOURCE_ROOT / "pyproject.toml").read_text())["project"]

    assert (project["name"], project["description"]) == ("crosstalk", SUMMARY)


def test_the_program_does_not_even_load_a_client_before_it_is_asked():
    code = "import sys, app.services.updates; sys.exit('urllib.request' in sys.modules)"

    assert (
        subprocess.run([sys.executable, "-c", code], cwd=SOURCE_ROOT, check=False).returncode == 0
    )
