"""Every action of the window in one table: name, shortcut, what it does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from app.ui.icons import Icons
from app.ui.tokens import Tokens, mix


class Do(StrEnum):
    """Names of actions."""

    RECORD = "record"
    STOP = "stop"
    PAUSE = "pause"
    OFF_RECORD = "off-record"
    MARK = "mark"
    IMPORT = "import"
    SEARCH = "search"
    EXPORT = "export"
    UNDO = "undo"
    REDO = "redo"
    RENAME_MEETING = "rename-meeting"
    DELETE_MEETING = "delete-meeting"
    DELETE_AUDIO = "delete-audio"
    REFINE = "refine"
    COPY_LINK = "copy-link"
    REFINE_PART = "refine-part"
    PLAY = "play"
    SKIP_BACK = "skip-back"
    SKIP_FORWARD = "skip-forward"
    LOOP = "loop"
    REDUCE_NOISE = "reduce-noise"
    SOLO = "solo"
    EDIT_LINE = "edit-line"
    NAME_SPEAKER = "name-speaker"
    PEOPLE = "people"
    JUMP_TO_LIVE = "jump-to-live"
    TOGGLE_SIDEBAR = "toggle-sidebar"
    CYCLE_THEME = "cycle-theme"
    SAMPLE = "sample"
    SETTINGS = "settings"
    DOCTOR = "doctor"
    FIRST_STEPS = "first-steps"
    CAPTIONS = "captions"
    LOCK_CAPTIONS = "lock-captions"
    LIVE_PANEL = "live-panel"
    FIND = "find"
    FIND_NEXT = "find-next"
    FIND_PREVIOUS = "find-previous"
    NEXT_DOUBT = "next-doubt"
    REPLACE = "replace"
    SPLIT = "split"
    SPLIT_VOICE = "split-voice"
    JOIN = "join"
    FASTER = "faster"
    SLOWER = "slower"
    ZOOM_IN = "zoom-in"
    ZOOM_OUT = "zoom-out"
    ZOOM_ALL = "zoom-all"
    VOICE_1 = "voice-1"
    VOICE_2 = "voice-2"
    VOICE_3 = "voice-3"
    VOICE_4 = "voice-4"
    VOICE_5 = "voice-5"
    VOICE_6 = "voice-6"
    VOICE_7 = "voice-7"
    VOICE_8 = "voice-8"
    VOICE_9 = "voice-9"
    MORE = "more"
    CLOSE_MESSAGE = "close-message"
    NEXT_PART = "next-part"
    PREVIOUS_PART = "previous-part"
    QUIT = "quit"


VOICES = (
    Do.VOICE_1, Do.VOICE_2, Do.VOICE_3, Do.VOICE_4, Do.VOICE_5, Do.VOICE_6, Do.VOICE_7,
    Do.VOICE_8, Do.VOICE_9,
)  # fmt: skip
"""Assign a line to the voice with this number, in order of first appearance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """One row of the table.

    Attributes:
        shortcut: In Qt's portable form.
        tip: What the status line, the tooltip and a screen reader say.
        icon: Name of an SVG file; "" for none.
        is_local: Works only inside the widget it is added to.
        is_toggle: Is on or off.
    """

    do: Do
    text: str
    shortcut: str
    tip: str
    icon: str = ""
    is_local: bool = False
    is_toggle: bool = False


def _row(
    do: Do,
    text: object,
    shortcut: str,
    tip: object,
    icon: str = "",
    *,
    is_local: bool = False,
    is_toggle: bool = False,
) -> ActionSpec:
    return ActionSpec(
        do=do,
        text=str(text),
        shortcut=shortcut,
        tip=str(tip),
        icon=icon,
        is_local=is_local,
        is_toggle=is_toggle,
    )


TABLE: tuple[ActionSpec, ...] = (
    _row(
        Do.RECORD,
        QT_TRANSLATE_NOOP("Actions", "New recording"),
        "Ctrl+R",
        QT_TRANSLATE_NOOP("Actions", "Choose sources and record a meeting"),
        "record",
    ),
    _row(
        Do.STOP,
        QT_TRANSLATE_NOOP("Actions", "Stop recording"),
        "Ctrl+Shift+R",
        QT_TRANSLATE_NOOP("Actions", "Stop and finish the transcript"),
        "stop",
    ),
    _row(
        Do.PAUSE,
        QT_TRANSLATE_NOOP("Actions", "Pause recording"),
        "Ctrl+Shift+Space",
        QT_TRANSLATE_NOOP("Actions", "Record nothing until it is pressed again"),
        "pause",
        is_toggle=True,
    ),
    _row(
        Do.OFF_RECORD,
        QT_TRANSLATE_NOOP("Actions", "Off the record"),
        "Ctrl+Shift+O",
        QT_TRANSLATE_NOOP("Actions", "Neither store nor write what is said until pressed again"),
        "off-record",
        is_toggle=True,
    ),
    _row(
        Do.MARK,
        QT_TRANSLATE_NOOP("Actions", "Set a marker"),
        "Ctrl+M",
        QT_TRANSLATE_NOOP("Actions", "Mark this moment, with a note if you like"),
        "marker",
    ),
    _row(
        Do.IMPORT,
        QT_TRANSLATE_NOOP("Actions", "Import files…"),
        "Ctrl+O",
        QT_TRANSLATE_NOOP("Actions", "Transcribe audio or video files"),
        "import",
    ),
    _row(
        Do.SEARCH,
        QT_TRANSLATE_NOOP("Actions", "Search meetings"),
        "Ctrl+Shift+F",
        QT_TRANSLATE_NOOP("Actions", "Find words in all meetings"),
        "search",
    ),
    _row(
        Do.EXPORT,
        QT_TRANSLATE_NOOP("Actions", "Export…"),
        "Ctrl+E",
        QT_TRANSLATE_NOOP("Actions", "Save the transcript as a file"),
        "export",
    ),
    _row(
        Do.UNDO,
        QT_TRANSLATE_NOOP("Actions", "Undo"),
        "Ctrl+Z",
        QT_TRANSLATE_NOOP("Actions", "Take back the last correction"),
        "undo",
    ),
    _row(
        Do.REDO,
        QT_TRANSLATE_NOOP("Actions", "Redo"),
        "Ctrl+Shift+Z",
        QT_TRANSLATE_NOOP("Actions", "Make the undone correction again"),
        "redo",
    ),
    _row(
        Do.RENAME_MEETING,
        QT_TRANSLATE_NOOP("Actions", "Rename meeting"),
        "Shift+F2",
        QT_TRANSLATE_NOOP("Actions", "Change the title of the meeting"),
        "edit",
    ),
    _row(
        Do.DELETE_MEETING,
        QT_TRANSLATE_NOOP("Actions", "Delete meeting…"),
        "Ctrl+Backspace",
        QT_TRANSLATE_NOOP("Actions", "Delete the meeting with its recording"),
        "trash",
    ),
    _row(
        Do.DELETE_AUDIO,
        QT_TRANSLATE_NOOP("Actions", "Delete audio, keep text…"),
        "Ctrl+Shift+Backspace",
        QT_TRANSLATE_NOOP("Actions", "Delete the recording of the meeting; its text stays"),
        "trash",
    ),
    _row(
        Do.REFINE,
        QT_TRANSLATE_NOOP("Actions", "Transcribe again"),
        "Ctrl+Shift+T",
        QT_TRANSLATE_NOOP("Actions", "Run the final pass again; your corrections stay"),
        "sparkle",
    ),
    _row(
        Do.COPY_LINK,
        QT_TRANSLATE_NOOP("Actions", "Copy link to meeting"),
        "Ctrl+Alt+C",
        QT_TRANSLATE_NOOP("Actions", "Copy a link that opens the meeting on this computer"),
    ),
    _row(
        Do.REFINE_PART,
        QT_TRANSLATE_NOOP("Actions", "Transcribe selection again"),
        "Ctrl+Alt+T",
        QT_TRANSLATE_NOOP("Actions", "Hear the selected lines again; who speaks stays"),
        "sparkle",
    ),
    _row(
        Do.PLAY,
        QT_TRANSLATE_NOOP("Actions", "Play or pause"),
        "Ctrl+Space",
        QT_TRANSLATE_NOOP("Actions", "Play the recording, or pause it"),
        "play",
    ),
    _row(
        Do.SKIP_BACK,
        QT_TRANSLATE_NOOP("Actions", "Back 5 seconds"),
        "Ctrl+Left",
        QT_TRANSLATE_NOOP("Actions", "Go back 5 seconds"),
        "back",
    ),
    _row(
        Do.SKIP_FORWARD,
        QT_TRANSLATE_NOOP("Actions", "Forward 5 seconds"),
        "Ctrl+Right",
        QT_TRANSLATE_NOOP("Actions", "Go forward 5 seconds"),
        "forward",
    ),
    _row(
        Do.LOOP,
        QT_TRANSLATE_NOOP("Actions", "Repeat"),
        "Ctrl+L",
        QT_TRANSLATE_NOOP("Actions", "Play the selected lines again and again"),
        "loop",
        is_toggle=True,
    ),
    _row(
        Do.REDUCE_NOISE,
        QT_TRANSLATE_NOOP("Actions", "Reduce noise"),
        "Ctrl+Shift+Y",
        QT_TRANSLATE_NOOP("Actions", "Play with less noise behind the voices, or the original"),
        "clean",
        is_toggle=True,
    ),
    _row(
        Do.SOLO,
        QT_TRANSLATE_NOOP("Actions", "Hear only this person"),
        "Ctrl+Shift+H",
        QT_TRANSLATE_NOOP("Actions", "Play the line without those who talk at the same time"),
        is_local=True,
    ),
    _row(
        Do.EDIT_LINE,
        QT_TRANSLATE_NOOP("Actions", "Edit text"),
        "F2",
        QT_TRANSLATE_NOOP("Actions", "Change the words of the selected line"),
        "edit",
        is_local=True,
    ),
    _row(
        Do.NAME_SPEAKER,
        QT_TRANSLATE_NOOP("Actions", "Who is speaking…"),
        "Ctrl+P",
        QT_TRANSLATE_NOOP("Actions", "Name the voice of the selected line"),
        "person",
        is_local=True,
    ),
    _row(
        Do.PEOPLE,
        QT_TRANSLATE_NOOP("Actions", "People…"),
        "Ctrl+Shift+P",
        QT_TRANSLATE_NOOP("Actions", "Enroll voices, so that people are named by themselves"),
        "person",
    ),
    _row(
        Do.JUMP_TO_LIVE,
        QT_TRANSLATE_NOOP("Actions", "Jump to live"),
        "Ctrl+End",
        QT_TRANSLATE_NOOP("Actions", "Follow the newest words again"),
        "down",
    ),
    _row(
        Do.TOGGLE_SIDEBAR,
        QT_TRANSLATE_NOOP("Actions", "Show meetings"),
        "Ctrl+B",
        QT_TRANSLATE_NOOP("Actions", "Show or hide the list of meetings"),
        "sidebar",
    ),
    _row(
        Do.CYCLE_THEME,
        QT_TRANSLATE_NOOP("Actions", "Change theme"),
        "Ctrl+Shift+L",
        QT_TRANSLATE_NOOP("Actions", "Light, dark, or as the system"),
        "theme",
    ),
    _row(
        Do.SAMPLE,
        QT_TRANSLATE_NOOP("Actions", "Try the sample meeting"),
        "Ctrl+Shift+M",
        QT_TRANSLATE_NOOP("Actions", "Play a short sample meeting through the live transcript"),
        "sparkle",
    ),
    _row(
        Do.SETTINGS,
        QT_TRANSLATE_NOOP("Actions", "Settings"),
        "Ctrl+,",
        QT_TRANSLATE_NOOP("Actions", "Sound, language, models, privacy and look"),
        "settings",
    ),
    _row(
        Do.DOCTOR,
        QT_TRANSLATE_NOOP("Actions", "Check sound and models"),
        "Ctrl+Shift+D",
        QT_TRANSLATE_NOOP("Actions", "Whether everything is ready for a meeting, and what to do"),
        "check",
    ),
    _row(
        Do.FIRST_STEPS,
        QT_TRANSLATE_NOOP("Actions", "First steps"),
        "F1",
        QT_TRANSLATE_NOOP("Actions", "Sound, models and a sample meeting, in three steps"),
        "info",
    ),
    _row(
        Do.CAPTIONS,
        QT_TRANSLATE_NOOP("Actions", "Caption window"),
        "Ctrl+Shift+C",
        QT_TRANSLATE_NOOP("Actions", "Show or hide captions above other windows"),
        "captions",
        is_toggle=True,
    ),
    _row(
        Do.LIVE_PANEL,
        QT_TRANSLATE_NOOP("Actions", "People and pipeline"),
        "Ctrl+Shift+I",
        QT_TRANSLATE_NOOP(
            "Actions", "Show or hide who has talked how long, and how captions keep up"
        ),
        "sidebar",
        is_toggle=True,
    ),
    _row(
        Do.LOCK_CAPTIONS,
        QT_TRANSLATE_NOOP("Actions", "Let clicks through captions"),
        "Ctrl+Shift+K",
        QT_TRANSLATE_NOOP("Actions", "Clicks on the caption window reach what is below it"),
        is_toggle=True,
    ),
    _row(
        Do.FIND,
        QT_TRANSLATE_NOOP("Actions", "Find in meeting"),
        "Ctrl+F",
        QT_TRANSLATE_NOOP("Actions", "Find words in the open meeting"),
        "search",
    ),
    _row(
        Do.FIND_NEXT,
        QT_TRANSLATE_NOOP("Actions", "Find next"),
        "F3",
        QT_TRANSLATE_NOOP("Actions", "Go to the next place that was found"),
    ),
    _row(
        Do.FIND_PREVIOUS,
        QT_TRANSLATE_NOOP("Actions", "Find previous"),
        "Shift+F3",
        QT_TRANSLATE_NOOP("Actions", "Go to the place before"),
    ),
    _row(
        Do.NEXT_DOUBT,
        QT_TRANSLATE_NOOP("Actions", "Next doubtful word"),
        "F8",
        QT_TRANSLATE_NOOP("Actions", "Go to the next word the recogniser was unsure of"),
    ),
    _row(
        Do.REPLACE,
        QT_TRANSLATE_NOOP("Actions", "Find and replace"),
        "Ctrl+H",
        QT_TRANSLATE_NOOP("Actions", "Replace words in the open meeting"),
    ),
    _row(
        Do.SPLIT,
        QT_TRANSLATE_NOOP("Actions", "Split here…"),
        "Ctrl+K",
        QT_TRANSLATE_NOOP("Actions", "Give what follows the current word to somebody else"),
        is_local=True,
    ),
    _row(
        Do.SPLIT_VOICE,
        QT_TRANSLATE_NOOP("Actions", "Split the voice here…"),
        "Ctrl+Shift+S",
        QT_TRANSLATE_NOOP("Actions", "Give all lines of this voice from here on to somebody else"),
        is_local=True,
    ),
    _row(
        Do.JOIN,
        QT_TRANSLATE_NOOP("Actions", "Join with above"),
        "Ctrl+J",
        QT_TRANSLATE_NOOP("Actions", "Give the line to the person above, as one"),
        is_local=True,
    ),
    _row(
        Do.FASTER,
        QT_TRANSLATE_NOOP("Actions", "Play faster"),
        "Ctrl+Up",
        QT_TRANSLATE_NOOP("Actions", "Play faster; voices keep their pitch"),
    ),
    _row(
        Do.SLOWER,
        QT_TRANSLATE_NOOP("Actions", "Play slower"),
        "Ctrl+Down",
        QT_TRANSLATE_NOOP("Actions", "Play slower; voices keep their pitch"),
    ),
    _row(
        Do.ZOOM_IN,
        QT_TRANSLATE_NOOP("Actions", "Enlarge the time line"),
        "Ctrl+=",
        QT_TRANSLATE_NOOP("Actions", "Show a shorter part of the meeting in the time line"),
        "zoom-in",
    ),
    _row(
        Do.ZOOM_OUT,
        QT_TRANSLATE_NOOP("Actions", "Shrink the time line"),
        "Ctrl+-",
        QT_TRANSLATE_NOOP("Actions", "Show a longer part of the meeting in the time line"),
        "zoom-out",
    ),
    _row(
        Do.ZOOM_ALL,
        QT_TRANSLATE_NOOP("Actions", "Whole meeting in the time line"),
        "Ctrl+0",
        QT_TRANSLATE_NOOP("Actions", "Show the whole meeting in the time line"),
    ),
    *(
        _row(
            do,
            QT_TRANSLATE_NOOP("Actions", "Give line to this voice"),
            f"Ctrl+{number}",
            QT_TRANSLATE_NOOP("Actions", "Give the selected line to the voice of this number"),
            is_local=True,
        )
        for number, do in enumerate(VOICES, start=1)
    ),
    _row(
        Do.MORE,
        QT_TRANSLATE_NOOP("Actions", "More"),
        "Ctrl+.",
        QT_TRANSLATE_NOOP("Actions", "What else can be done with the meeting"),
        "more",
    ),
    _row(
        Do.CLOSE_MESSAGE,
        QT_TRANSLATE_NOOP("Actions", "Close message"),
        "Ctrl+Shift+X",
        QT_TRANSLATE_NOOP("Actions", "Take the newest message above the page away"),
        "close",
    ),
    _row(
        Do.NEXT_PART,
        QT_TRANSLATE_NOOP("Actions", "Next part of the window"),
        "F6",
        QT_TRANSLATE_NOOP("Actions", "Go on to the list, the messages, the page or its next part"),
    ),
    _row(
        Do.PREVIOUS_PART,
        QT_TRANSLATE_NOOP("Actions", "Previous part of the window"),
        "Shift+F6",
        QT_TRANSLATE_NOOP("Actions", "Go back to the part of the window before"),
    ),
    _row(
        Do.QUIT,
        QT_TRANSLATE_NOOP("Actions", "Quit"),
        "Ctrl+Q",
        QT_TRANSLATE_NOOP("Actions", "Close Crosstalk"),
        "close",
    ),
)


class Actions:
    """All actions, made once; views connect to them and add them to their widgets."""

    def __init__(self, parent: QObject) -> None:
        self._actions = {spec.do: _make(spec, parent) for spec in TABLE}

    def __getitem__(self, do: Do) -> QAction:
        return self._actions[do]

    def set_shortcut(self, do: Do, keys: QKeySequence) -> None:
        """Let an action answer to other keys; its tooltip says so."""
        action = self._actions[do]
        action.setShortcut(keys)
        _tell_keys(action)

    def dress(self, icons: Icons, tokens: Tokens) -> None:
        """Give all actions icons in the colours of the theme."""
        faded = mix(tokens.muted, tokens.surface, 0.45)
        for spec in TABLE:
            if spec.icon:
                icon = icons.icon(spec.icon, tokens.text, disabled_colour=faded)
                self._actions[spec.do].setIcon(icon)


OF_A_STORED_MEETING = frozenset(
    {
        Do.EXPORT, Do.UNDO, Do.REDO, Do.REFINE, Do.REFINE_PART, Do.RENAME_MEETING,
        Do.DELETE_MEETING, Do.DELETE_AUDIO, Do.FIND, Do.REPLACE, Do.FIND_NEXT, Do.FIND_PREVIOUS,
        Do.NEXT_DOUBT, Do.FASTER, Do.SLOWER, Do.LOOP, Do.REDUCE_NOISE, Do.SOLO, Do.ZOOM_IN,
        Do.ZOOM_OUT, Do.ZOOM_ALL, Do.MORE,
    }
)  # fmt: skip
_NEEDS_A_MEETING = OF_A_STORED_MEETING | {
    Do.STOP, Do.PAUSE, Do.OFF_RECORD, Do.MARK, Do.COPY_LINK,
}  # fmt: skip
"""What a page enables while it can be done."""


def _make(spec: ActionSpec, parent: QObject) -> QAction:
    action = QAction(QCoreApplication.translate("Actions", spec.text), parent)
    action.setObjectName(spec.do)
    action.setShortcut(QKeySequence(spec.shortcut))
    action.setCheckable(spec.is_toggle)
    action.setEnabled(spec.do not in _NEEDS_A_MEETING)
    if spec.is_local:
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    tip = QCoreApplication.translate("Actions", spec.tip)
    action.setStatusTip(tip)
    _tell_keys(action)
    return action


def _tell_keys(action: QAction) -> None:
    action.setToolTip(with_keys(action.statusTip(), action))


def with_keys(text: str, *actions: QAction) -> str:
    """A text with the keys of actions behind it, as this system writes them; without any, alone."""
    found = ", ".join(filter(None, map(keys_of, actions)))
    return f"{text} ({found})" if found else text


def keys_of(action: QAction) -> str:
    """The keys of an action as this system writes them; "" for none."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
