from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.ui.widgets.badge import MIN_WIDTH_PX, Badge

pytestmark = pytest.mark.ui

TEXT = "Paused: nothing is recorded"


@pytest.fixture
def badge(qtbot, qapp) -> Iterator[Badge]:
    before = qapp.styleSheet()
    qapp.setStyleSheet("QLabel { font-size: 19px; }")  # not what a label has before it is shown
    row = QWidget()
    box = QHBoxLayout(row)
    box.setContentsMargins(0, 0, 0, 0)
    made = Badge("badge", row)
    box.addWidget(made)
    qtbot.addWidget(row)
    made.setText(TEXT)
    made.show()
    row.resize(400, 40)
    row.show()
    yield made
    row.hide()
    qapp.setStyleSheet(before)


def test_all_of_it_is_shown_where_there_is_room(badge: Badge) -> None:
    assert QLabel.text(badge) == TEXT
    assert badge.width() == badge.sizeHint().width()
    assert badge.toolTip() == ""


def test_it_is_shortened_where_there_is_not_and_still_says_all_of_it(badge: Badge) -> None:
    badge.set_tip("Press Pause again to go on.")

    badge.window().resize(90, 40)

    assert QLabel.text(badge).endswith("…")
    assert badge.fontMetrics().horizontalAdvance(QLabel.text(badge)) <= 90
    assert (badge.text(), badge.accessibleName()) == (TEXT, TEXT)
    assert badge.toolTip() == f"{TEXT}\nPress Pause again to go on."
    assert badge.window().minimumSizeHint().width() <= MIN_WIDTH_PX


def test_short_text_is_no_wider_than_it_needs(badge: Badge) -> None:
    wide = badge.sizeHint().width()

    badge.setText("on")

    assert badge.sizeHint().width() < wide
