"""Which neighbours are one number."""

import pytest

from app.pipeline.numbers import goes_on, may_go_on

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "pair",
    [
        ("$5", "million"),
        ("1", "000"),
        ("10", "am."),
        ("10", "a.m."),
        ("$", "5"),
        ("May", "5th,"),
        ("5", "May"),
        ("May 5,".split()[1], "2026"),
        ("25", "percent"),
        ("thousand", "dollars"),
        ("10", "30"),
        ("7", "o'clock"),
    ],
)
def test_parts_of_one_number_belong_together(pair):
    assert goes_on(*pair)


@pytest.mark.parametrize(
    "pair",
    [
        ("5", "people"),
        ("5.", "10"),
        ("we", "5"),
        ("may", "5"),
        ("million", "people"),
        ("2026", "we"),
        ("", "5"),
    ],
)
def test_other_neighbours_may_be_parted(pair):
    assert not goes_on(*pair)


def test_a_number_at_the_end_of_the_sound_may_go_on():
    assert all(map(may_go_on, ["10", "10.", "$5", "$", "March", "1,"]))
    assert not any(map(may_go_on, ["march", "ten", "may", "10th", ""]))
