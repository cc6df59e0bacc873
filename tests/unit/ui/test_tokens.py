"""Contrast and colour blindness are measured, not judged."""

from __future__ import annotations

from itertools import combinations

import pytest

from app.ui.tokens import DARK, LIGHT, Tokens, contrast, rgb

pytestmark = pytest.mark.unit

READABLE = 4.5
VISIBLE = 3.0
THEMES = [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")]
DEUTERANOPIA = ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969))
PROTANOPIA = ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052))
"""Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB."""


@pytest.mark.parametrize("tokens", THEMES)
def test_text_is_readable_on_every_background(tokens: Tokens):
    backgrounds = (
        tokens.window, tokens.sidebar, tokens.surface, tokens.raised, tokens.hover,
        tokens.selected, tokens.accent_soft, tokens.mark,
    )  # fmt: skip

    worst = min(contrast(tokens.text, background) for background in backgrounds)

    assert worst >= READABLE


@pytest.mark.parametrize("tokens", THEMES)
@pytest.mark.parametrize(
    ("ink", "background"),
    [
        ("muted", "window"), ("muted", "sidebar"), ("muted", "surface"), ("muted", "raised"),
        ("muted", "hover"), ("muted", "selected"), ("muted", "accent_soft"), ("partial", "window"),
        ("on_accent", "accent"), ("on_accent", "accent_hover"),
        ("on_record", "record"), ("on_record", "record_hover"),
        ("warning", "warning_soft"), ("error", "error_soft"), ("error", "surface"),
        ("text", "info_soft"), ("accent", "window"), ("accent", "accent_soft"),
    ],
)  # fmt: skip
def test_pairs_that_carry_text_are_readable(tokens: Tokens, ink: str, background: str):
    assert contrast(getattr(tokens, ink), getattr(tokens, background)) >= READABLE


@pytest.mark.parametrize("tokens", THEMES)
def test_every_voice_is_readable_on_window_lane_and_avatar(tokens: Tokens):
    for colour in tokens.speakers:
        assert contrast(colour, tokens.window) >= READABLE
        assert contrast(colour, tokens.soft(colour)) >= READABLE
        assert contrast(colour, tokens.avatar(colour)) >= READABLE
        assert contrast(colour, tokens.accent_soft) >= READABLE
        assert contrast(tokens.surface, colour) >= READABLE
        assert contrast(tokens.text, tokens.soft(colour)) >= READABLE


@pytest.mark.parametrize("tokens", THEMES)
@pytest.mark.parametrize("matrix", [DEUTERANOPIA, PROTANOPIA], ids=["deuteranopia", "protanopia"])
def test_the_first_voices_differ_for_colour_blind_people(tokens: Tokens, matrix):
    seen = [_seen(colour, matrix) for colour in tokens.speakers[:5]]

    nearest = min(_distance(one, other) for one, other in combinations(seen, 2))

    assert nearest > 8


@pytest.mark.parametrize("tokens", THEMES)
def test_controls_are_visible(tokens: Tokens):
    assert contrast(tokens.accent, tokens.window) >= VISIBLE
    assert contrast(tokens.accent, tokens.line) >= VISIBLE


def test_voices_beyond_the_palette_start_again_and_unknown_is_muted():
    count = len(LIGHT.speakers)

    assert LIGHT.speaker(count + 1) == LIGHT.speaker(1)
    assert LIGHT.speaker(None) == LIGHT.muted


def test_contrast_of_black_and_white_is_21():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)


def _seen(colour: str, matrix) -> tuple[float, ...]:
    linear = [_linear(value) for value in rgb(colour)]
    return tuple(sum(m * value for m, value in zip(row, linear, strict=True)) for row in matrix)


def _linear(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _distance(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The CIE 1976 colour difference."""
    return sum((a - b) ** 2 for a, b in zip(_lab(one), _lab(other), strict=True)) ** 0.5


def _lab(linear: tuple[float, ...]) -> tuple[float, float, float]:
    r, g, b = (min(1.0, max(0.0, value)) for value in linear)
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)
