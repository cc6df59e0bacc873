"""What to leave out when the machine cannot keep up, in a stated order: never audio, never words.

What corrects the text later can be missed first, then the partial recogniser's decodes; then the
final recogniser runs less often, which costs delay within the promise and later some accuracy, but
no word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from app.domain.messages import Notice, NoticeKind
from app.domain.sentences import say


class Relief(IntEnum):
    """How far quality has stepped down; each step includes those before."""

    NONE = 0
    NO_SEPARATION = 1
    """Two people at once stay one text; the pass after the meeting writes both."""
    FEWER_PARTIALS = 2
    """The preview of the newest words comes half as often."""
    NO_PARTIALS = 3
    """No preview by the quick recogniser."""
    FEWER_FINALS = 4
    """The final recogniser runs two thirds as often."""


RELIEF_TEXTS: Mapping[Relief, str] = {
    Relief.NONE: say("The computer keeps up again: captions are as quick and full as before."),
    Relief.NO_SEPARATION: say(
        "The computer is busy: where two people talk at once, both voices are "
        "written only after the meeting."
    ),
    Relief.FEWER_PARTIALS: say(
        "The computer is busy: the newest words appear less often. The final text is not concerned."
    ),
    Relief.NO_PARTIALS: say(
        "The computer is very busy: the newest words appear only when they are "
        "nearly final. The final text is not concerned."
    ),
    Relief.FEWER_FINALS: say(
        "The computer is too busy to keep the promised delay: captions come "
        "later. Nothing is lost; the recording goes on."
    ),
}


def notice_of(relief: Relief) -> Notice:
    """What the user is told."""
    return Notice(kind=NoticeKind.BEHIND, text=RELIEF_TEXTS[relief])


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernorParameters:
    """When to step, by the share of the promised delay that work lies behind.

    Attributes:
        down_from: So far behind is too late...
        down_after: ...for this many seconds in a row.
        up_below: So little behind is well...
        up_after: ...for this many seconds in a row; longer than `down_after`, so that quality
            does not swing.
    """

    down_from: float = 0.35
    down_after: int = 3
    up_below: float = 0.15
    up_after: int = 20


class Governor:
    """Asked once a second; not thread-safe.

    Args:
        steps: In their order; a session that does not do what a step leaves out has no such step.
    """

    def __init__(
        self, parameters: GovernorParameters | None = None, *, steps: Sequence[Relief] = ()
    ) -> None:
        self._parameters = parameters or GovernorParameters()
        self._steps = tuple(steps) or tuple(Relief)
        self._late_s = 0
        self._well_s = 0
        self.relief = Relief.NONE

    def observe(self, lag_s: float, promise_s: float) -> bool:
        """Take the lag of the last second; returns whether `relief` has changed.

        Args:
            lag_s: Audio that should have been decoded by now.
            promise_s: The promised delay of final text.
        """
        p = self._parameters
        share = lag_s / promise_s
        self._late_s = self._late_s + 1 if share >= p.down_from else 0
        self._well_s = self._well_s + 1 if share <= p.up_below else 0
        before = self.relief
        at = self._steps.index(self.relief)
        if self._late_s >= p.down_after:
            self.relief = self._steps[min(at + 1, len(self._steps) - 1)]
        elif self._well_s >= p.up_after:
            self.relief = self._steps[max(at - 1, 0)]
        if self.relief != before:
            self._late_s = self._well_s = 0
        return self.relief != before
