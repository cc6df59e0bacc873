"""The menu on a passage of the transcript."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMenu, QWidget, QWidgetAction

from app.domain.ids import TrackId
from app.domain.speakers import MeetingSpeaker
from app.ui.transcript.lines import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class LineVerbs:
    """What the page does when an entry of the menu is chosen."""

    play: Callable[[], None]
    solo: Callable[[], None] | None
    ask_who: Callable[[], None]
    edit: Callable[[], None]
    join: Callable[[], None] | None
    give_rest: Callable[[TrackId | None], None]
    give_later: Callable[[TrackId | None], None]
    give_alike: Callable[[TrackId | None], None] | None
    rewrite: Callable[[str], None]


def line_menu(
    passage: Passage,
    speakers: Sequence[MeetingSpeaker],
    readings: Sequence[tuple[str, str]],
    verbs: LineVerbs,
    parent: QWidget,
) -> QMenu:
    """The menu of a passage, with the word under the pointer in mind.

    Args:
        readings: Other readings of that word, each with the whole line then.
    """
    menu = QMenu(parent)
    if readings:
        could_be = menu.addMenu(_tr("Could be"))
        for reading, line in readings:
            could_be.addAction(reading).triggered.connect(partial(_run, verbs.rewrite, line))
    menu.addAction(_tr("Play from here")).triggered.connect(verbs.play)
    if verbs.solo is not None:
        menu.addAction(_tr("Hear only this person")).triggered.connect(verbs.solo)
    menu.addSeparator()
    menu.addAction(_tr("Who is speaking…")).triggered.connect(verbs.ask_who)
    rest = menu.addMenu(_tr("From this word on it is"))
    fill_voices_menu(rest, passage, speakers, verbs.give_rest)
    later = menu.addMenu(_tr("From here on this voice is"))
    fill_voices_menu(later, passage, speakers, verbs.give_later)
    alike = menu.addMenu(_tr("All lines that sound like this are"))
    alike.setEnabled(verbs.give_alike is not None)
    if verbs.give_alike is not None:
        fill_voices_menu(alike, passage, speakers, verbs.give_alike)
    join = menu.addAction(_tr("Same person as above"))
    join.setEnabled(verbs.join is not None)
    if verbs.join is not None:
        join.triggered.connect(verbs.join)
    menu.addSeparator()
    menu.addAction(_tr("Edit text")).triggered.connect(verbs.edit)
    copy = menu.addAction(_tr("Copy text"))
    copy.triggered.connect(partial(_run, _copy, passage.text))
    return menu


def menu_heading(text: str, menu: QMenu) -> QWidgetAction:
    """A line at the top of a menu that says what is asked; it cannot be chosen."""
    label = QLabel(text, menu)
    label.setProperty("kind", "small")
    label.setContentsMargins(12, 4, 12, 4)
    action = QWidgetAction(menu)
    action.setDefaultWidget(label)
    action.setText(text)
    action.setEnabled(False)
    return action


def fill_voices_menu(
    menu: QMenu,
    passage: Passage,
    speakers: Sequence[MeetingSpeaker],
    give: Callable[[TrackId | None], None],
) -> None:
    """Offer every other voice of the meeting, and a new one (None)."""
    for speaker in speakers:
        if speaker.track != passage.first.track:
            menu.addAction(speaker.label).triggered.connect(partial(_run, give, speaker.track))
    menu.addAction(_tr("Somebody new")).triggered.connect(partial(_run, give, None))


def _run(work: Callable[..., None], value: object, _is_checked: object = None) -> None:
    work(value)


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


def _tr(text: str) -> str:
    return str(QCoreApplication.translate("LineMenu", text))
