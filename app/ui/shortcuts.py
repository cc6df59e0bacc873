"""The user's own shortcuts: stored, refused where another action has the keys, taken back."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QKeySequence

from app.ui.actions import TABLE, VOICES, Actions, ActionSpec, Do

GROUP = "shortcuts"
RESERVED = ("Tab", "Shift+Tab", "Return", "Enter", "Esc", "Up", "Down", "Left", "Right")
"""Keys that move around in the window; whoever loses them is lost."""


class Shortcuts(QObject):
    """What the actions answer to; main thread only."""

    changed = Signal()

    def __init__(self, actions: Actions, memory: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._memory = memory
        self._specs = {spec.do: spec for spec in TABLE}
        for spec in TABLE:
            stored = memory.value(f"{GROUP}/{spec.do}")
            if isinstance(stored, str):
                actions.set_shortcut(spec.do, QKeySequence(stored))

    def name_of(self, do: Do) -> str:
        """What the action is called, with the number of a voice."""
        text = self._actions[do].text().rstrip("…")
        return f"{text} {VOICES.index(do) + 1}" if do in VOICES else text

    def keys_of(self, do: Do) -> QKeySequence:
        """What the action answers to; empty for nothing."""
        return self._actions[do].shortcut()

    def is_own(self, do: Do) -> bool:
        """Whether the user chose it."""
        return self._memory.contains(f"{GROUP}/{do}")

    def taken_by(self, keys: QKeySequence, do: Do) -> Do | None:
        """The other action that has these keys."""
        if keys.isEmpty():
            return None
        others = (spec.do for spec in TABLE if spec.do is not do)
        return next((other for other in others if self.keys_of(other) == keys), None)

    def complaint_about(self, keys: QKeySequence, do: Do) -> str | None:
        """Why an action cannot have these keys; None when it can."""
        text = keys.toString(QKeySequence.SequenceFormat.NativeText)
        portable = keys.toString(QKeySequence.SequenceFormat.PortableText)
        if portable in RESERVED or (len(portable) == 1 and portable.isprintable()):
            return self.tr("%1 is needed for typing and moving. Add Ctrl or Alt.").replace(
                "%1", text
            )
        other = self.taken_by(keys, do)
        if other is not None:
            sentence = self.tr("%1 belongs to “%2” already. Change that one first.")
            return sentence.replace("%1", text).replace("%2", self.name_of(other))
        return None

    def change(self, do: Do, keys: QKeySequence) -> str | None:
        """Give an action other keys, from now on and after the next start.

        Returns:
            Why it was refused; None when it holds.
        """
        complaint = self.complaint_about(keys, do)
        if complaint is None:
            self._hold(self._specs[do], keys)
        return complaint

    def reset(self, do: Do) -> str | None:
        """Give an action its first keys back; says why if another one has them."""
        return self.change(do, QKeySequence(self._specs[do].shortcut))

    def reset_all(self) -> None:
        """Give all actions their first keys back."""
        for spec in TABLE:
            self._hold(spec, QKeySequence(spec.shortcut))

    def _hold(self, spec: ActionSpec, keys: QKeySequence) -> None:
        self._actions.set_shortcut(spec.do, keys)
        portable = keys.toString(QKeySequence.SequenceFormat.PortableText)
        if portable == QKeySequence(spec.shortcut).toString(
            QKeySequence.SequenceFormat.PortableText
        ):
            self._memory.remove(f"{GROUP}/{spec.do}")
        else:
            self._memory.setValue(f"{GROUP}/{spec.do}", portable)
        self.changed.emit()
