import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration


def section(text: str, heading: str) -> str:
    """The text between a second-level heading and the next."""
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_every_place_of_the_map_exists(repository: Path) -> None:
    rows = section((repository / "README.md").read_text(), "Where is…?").splitlines()[3:]

    places = [place for row in rows for place in re.findall(r"`([^`]+/[^`]*)`", row.split("|")[2])]

    assert len(places) > 15
    missing = [p for p in places if "x/" not in p and not (repository / p).exists()]
    assert missing == []


def test_every_package_of_the_program_is_on_the_map(repository: Path) -> None:
    text = section((repository / "README.md").read_text(), "Where is…?")

    packages = [path.parent.name for path in (repository / "app").glob("*/__init__.py")]

    assert [name for name in sorted(packages) if f"`app/{name}/" not in text] == []


def test_every_link_to_a_file_leads_somewhere(repository: Path) -> None:
    text = (repository / "README.md").read_text()

    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]

    pictures = "docs/screenshots/"  # taken by `make screenshots`
    missing = [x for x in links if not x.startswith(pictures) and not (repository / x).exists()]
    assert missing == []


def test_every_make_target_that_it_names_exists(repository: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(), re.M))

    named = set(re.findall(r"\bmake ([a-z]+)\b", (repository / "README.md").read_text()))

    assert named - {"and"} <= targets
