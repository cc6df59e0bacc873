"""Colours and measures of the window as data; every pair that carries text keeps 4.5:1."""

from __future__ import annotations

from dataclasses import dataclass

RADIUS_PX = 10
GAP_PX = 12
READING_WIDTH_PX = 880
"""Widest column of running text: about 95 characters, after which lines get hard to follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """One theme.

    Attributes:
        window, sidebar, surface, raised: Backgrounds, from the back to the front.
        hover, selected: Backgrounds of rows and buttons under the pointer or chosen.
        text, muted: Readable on every background above.
        partial: Text that may still change; readable, visibly lighter than `text`.
        line: Hairlines and borders of controls.
        accent, on_accent: The one colour of what can be done next, and text on it.
        record, on_record: Recording only.
        warning, warning_soft, error, error_soft, success: Banners: text on its soft background.
        mark: Behind a found word.
        speakers: Text colours of voices; chips put them on `soft(speaker)`.
    """

    is_dark: bool
    window: str
    sidebar: str
    surface: str
    raised: str
    hover: str
    selected: str
    text: str
    muted: str
    partial: str
    line: str
    control_line: str
    accent: str
    accent_hover: str
    accent_soft: str
    on_accent: str
    record: str
    record_hover: str
    on_record: str
    warning: str
    warning_soft: str
    error: str
    error_soft: str
    success: str
    info_soft: str
    mark: str
    speakers: tuple[str, ...]

    def speaker(self, index: int | None) -> str:
        """The colour of the voice with the 1-based `index`; muted for an unknown voice."""
        if index is None:
            return self.muted
        return self.speakers[(index - 1) % len(self.speakers)]

    def soft(self, colour: str) -> str:
        """A quiet background in the hue of `colour`, for chips and lanes."""
        return mix(colour, self.surface, 0.11 if self.is_dark else 0.08)

    def avatar(self, colour: str) -> str:
        """The background of initials written in `colour`."""
        return mix(colour, self.surface, 0.21 if self.is_dark else 0.14)


LIGHT = Tokens(
    is_dark=False,
    window="#FBFBFA",
    sidebar="#F3F3F0",
    surface="#FFFFFF",
    raised="#FFFFFF",
    hover="#E9E9E5",
    selected="#E1E4F8",
    text="#1B1C20",
    muted="#5A5E66",
    partial="#70747C",
    line="#E5E5E0",
    control_line="#CFCFC9",
    accent="#4255C9",
    accent_hover="#3546B0",
    accent_soft="#E9ECFB",
    on_accent="#FFFFFF",
    record="#C8322B",
    record_hover="#AD2620",
    on_record="#FFFFFF",
    warning="#6F4A00",
    warning_soft="#FDF3DC",
    error="#99201B",
    error_soft="#FCEBEA",
    success="#1B6B43",
    info_soft="#ECEFFB",
    mark="#FFE9A8",
    speakers=(
        "#1F5FBF",
        "#A34A00",
        "#0A7350",
        "#8A3A9B",
        "#BF2555",
        "#0A6C80",
        "#6A5D00",
        "#4B5462",
    ),
)

DARK = Tokens(
    is_dark=True,
    window="#17181B",
    sidebar="#1C1D21",
    surface="#212327",
    raised="#292B31",
    hover="#2B2D33",
    selected="#31365A",
    text="#ECEDEF",
    muted="#A6AAB3",
    partial="#989CA5",
    line="#2E3036",
    control_line="#454852",
    accent="#97A5FF",
    accent_hover="#B0BAFF",
    accent_soft="#292E4D",
    on_accent="#14162A",
    record="#F2726B",
    record_hover="#FF8B85",
    on_record="#2A0806",
    warning="#F3CE83",
    warning_soft="#3A2F17",
    error="#FFB0AB",
    error_soft="#43211F",
    success="#7FD6A8",
    info_soft="#282C42",
    mark="#5E4B12",
    speakers=(
        "#7DAEFF",
        "#F3A763",
        "#74E0B8",
        "#EDB4F5",
        "#FF9A9A",
        "#6BCDDD",
        "#D3C552",
        "#B6BFCB",
    ),
)


def rgb(colour: str) -> tuple[int, int, int]:
    """Split "#RRGGBB" into three values in [0, 255]."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: str, other: str, share: float) -> str:
    """Blend `share` in [0, 1] of `colour` into `other`."""
    pairs = zip(rgb(colour), rgb(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02X}" for a, b in pairs)


def contrast(colour: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    linear = []
    for value in rgb(colour):
        share = value / 255
        linear.append(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
