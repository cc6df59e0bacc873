import threading

import pytest

from app.lib.once import once

pytestmark = pytest.mark.unit


class Kitchen:
    def __init__(self) -> None:
        self.made = 0
        self.is_hot = threading.Event()

    @once
    def soup(self) -> str:
        """Something warm."""
        self.is_hot.wait(0.05)
        self.made += 1
        return f"soup {self.made}"


def test_value_is_made_when_it_is_first_read() -> None:
    kitchen = Kitchen()

    assert not Kitchen.soup.is_made(kitchen)
    assert kitchen.soup == kitchen.soup == "soup 1"
    assert Kitchen.soup.is_made(kitchen)
    assert Kitchen().soup == "soup 1"


def test_threads_that_ask_together_get_one_value() -> None:
    kitchen = Kitchen()
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(kitchen.soup)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["soup 1"] * 8


def test_value_can_be_given() -> None:
    kitchen = Kitchen()

    kitchen.soup = "stew"

    assert (kitchen.soup, kitchen.made) == ("stew", 0)
