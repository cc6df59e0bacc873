"""Figures of benches as PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.bench.extras import require_extra
from app.domain.errors import Category, KnownError

DPI = 120
BIN_COUNT = 40
MAX_SHARE = 3.0
"""Of a limit, that a bar can show."""


class Plot:
    """Panels side by side in one picture.

    Args:
        titles: One per panel.
    """

    def __init__(self, *titles: str) -> None:
        figure_class = require_extra("matplotlib.figure").Figure
        self._figure: Any = figure_class(figsize=(5.2 * len(titles), 3.8), layout="constrained")
        self._panels: list[Any] = list(self._figure.subplots(1, len(titles), squeeze=False)[0])
        for panel, title in zip(self._panels, titles, strict=True):
            panel.set_title(title, fontsize=10)
            panel.grid(visible=True, alpha=0.3)

    def histogram(
        self, panel: int, values: Mapping[str, Sequence[float]], label: str, *, limit: float | None
    ) -> None:
        """How often values occur, one colour per name; `limit` is the promise."""
        shown = {name: list(those) for name, those in values.items() if those}
        if shown:
            self._panels[panel].hist(
                list(shown.values()),
                bins=BIN_COUNT,
                label=list(shown),
                histtype="stepfilled",
                alpha=0.5,
            )
        self._finish(panel, label, "words", limit)

    def line(
        self,
        panel: int,
        x: Sequence[float],
        y: Sequence[float],
        labels: tuple[str, str],
        *,
        name: str = "",
    ) -> None:
        """Values over another, joined by a line."""
        self._panels[panel].plot(x, y, marker="o" if len(x) < BIN_COUNT else "", label=name)
        self._panels[panel].set_xlabel(labels[0])
        self._panels[panel].set_ylabel(labels[1])
        if name:
            self._panels[panel].legend(fontsize=8)

    def bars(
        self,
        panel: int,
        names: Sequence[str],
        values: Mapping[str, Sequence[float | None]],
        label: str,
        *,
        limit: float | None = None,
    ) -> None:
        """A group of bars per name, one colour per way; None leaves a bar out."""
        axes = self._panels[panel]
        width = 0.8 / max(1, len(values))
        for number, (way, heights) in enumerate(values.items()):
            shown = [(at, height) for at, height in enumerate(heights) if height is not None]
            places = [at + (number - (len(values) - 1) / 2) * width for at, _ in shown]
            axes.bar(places, [height for _, height in shown], width, label=way)
        axes.set_xticks(range(len(names)), names, fontsize=8)
        axes.set_ylabel(label)
        if limit is not None:
            axes.axhline(limit, color="black", linestyle="--", label=f"promise {limit:g}")
        if axes.get_legend_handles_labels()[1]:
            axes.legend(fontsize=8)

    def shares(self, panel: int, shares: Mapping[str, tuple[float, str]], label: str) -> None:
        """A bar to the right per name, with a text at its end; 1 is as much as there may be."""
        axes = self._panels[panel]
        names = list(shares)[::-1]
        for at, name in enumerate(names):
            share, text = shares[name]
            axes.barh(at, share, color="tab:red" if share > 1 else "tab:green", alpha=0.6)
            axes.text(0, at, f" {text}", fontsize=8, va="center")
        axes.axvline(1.0, color="black", linestyle="--")
        axes.set_yticks(range(len(names)), names, fontsize=8)
        axes.set_xlabel(label)

    def note(self, panel: int, x: float, y: float, text: str) -> None:
        """Write beside a point."""
        offset = {"xytext": (4, 4), "textcoords": "offset points"}
        self._panels[panel].annotate(text, (x, y), fontsize=8, **offset)

    def save(self, path: Path) -> None:
        """Write the picture.

        Raises:
            KnownError: The file cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._figure.savefig(path, dpi=DPI, format="png")
        except OSError as error:
            raise KnownError(
                f"{path} cannot be written: {error.strerror or error}. Name another figure file.",
                category=Category.DISK,
            ) from error

    def _finish(self, panel: int, x_label: str, y_label: str, limit: float | None) -> None:
        axes = self._panels[panel]
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        if limit is not None:
            axes.axvline(limit, color="black", linestyle="--", label=f"promise {limit:g}")
        if axes.get_legend_handles_labels()[1]:
            axes.legend(fontsize=8)


def draw_targets(record: Mapping[str, Any], path: Path) -> None:
    """Each measured target of a bench's record as a share of its limit.

    Raises:
        KnownError: The file cannot be written, or the package for pictures is missing.
    """
    measured = [target for target in record["targets"] if target["value"] is not None]
    plot = Plot(f"bench {record['bench']}: {len(measured)} targets")
    plot.shares(
        0,
        {
            target["name"]: (
                _share_of(target["value"], target["limit"]),
                f"{target['value']:g} of {target['limit']:g} {target['unit']}".rstrip(),
            )
            for target in measured
        },
        "share of the limit",
    )
    plot.save(path)


def _share_of(value: float, limit: float) -> float:
    """At most MAX_SHARE, which is also what anything above a limit of nothing is."""
    if limit <= 0:
        return 0.0 if value <= limit else MAX_SHARE
    return min(max(value / limit, 0.0), MAX_SHARE)
