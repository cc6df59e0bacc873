"""Levels on the scale."""

from __future__ import annotations

import pytest

from app.ui.theme import Theme
from app.ui.widgets.level_meter import LevelMeter, share_of

pytestmark = pytest.mark.ui


@pytest.mark.parametrize(("level", "share"), [(-120, 0), (-60, 0), (-30, 0.5), (0, 1), (6, 1)])
def test_scale(level, share):
    assert share_of(level) == pytest.approx(share)


def test_the_bar_rises_at_once_and_falls_slowly(qtbot, qapp):
    meter = LevelMeter(Theme(qapp), "Microphone")
    qtbot.addWidget(meter)

    meter.set_level(-6.0)
    loud = meter.share
    meter.set_level(-60.0)

    assert loud == pytest.approx(0.9)
    assert meter.share is not None
    assert 0.7 < meter.share < 0.9


def test_nothing_listening_is_not_silence(qtbot, qapp):
    meter = LevelMeter(Theme(qapp), "Microphone")
    qtbot.addWidget(meter)

    meter.set_level(None)

    assert meter.share is None
