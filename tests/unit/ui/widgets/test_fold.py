"""Two groups side by side, or below each other."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.widgets.fold import Fold

pytestmark = pytest.mark.ui


@pytest.fixture
def page(qtbot):
    page = QWidget()
    page.first, page.second = QLabel("3:21"), QLabel("a remark that takes some room")
    groups = []
    for label in (page.first, page.second):
        groups.append(QHBoxLayout())
        groups[-1].addWidget(label)
    page.fold = Fold(*groups, page)
    box = QVBoxLayout(page)
    box.addWidget(page.fold)
    box.addStretch(1)
    qtbot.addWidget(page)
    page.resize(600, 200)
    page.show()
    return page


def test_what_fits_stands_side_by_side(page, qtbot):
    qtbot.waitUntil(lambda: page.second.x() > page.first.x())

    assert not page.fold.is_folded


def test_what_does_not_fit_stands_below_and_is_not_shortened(page, qtbot):
    page.resize(page.second.sizeHint().width() + 30, 200)

    qtbot.waitUntil(lambda: page.second.y() > page.first.y())
    assert page.fold.is_folded
    assert page.second.width() >= page.second.sizeHint().width()


def test_a_part_that_grows_folds_and_one_that_goes_unfolds(page, qtbot):
    page.second.setText("a remark that takes far more room " * 4)
    qtbot.waitUntil(lambda: page.fold.is_folded)

    page.second.hide()

    qtbot.waitUntil(lambda: not page.fold.is_folded)
