"""Play, pause, skip and seek; follows the player while it plays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from app.domain.units import Span
from app.services.listening import Solo
from app.ui.actions import Do, with_keys
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.review.timeline import Timeline
from app.ui.times import clock

POLL_MS = 50
ROOMY_DIGITS = 85
"""In a bar that is narrower than so many digits there are no buttons for zooming."""
TIGHT_DIGITS = 44
"""In a bar that is narrower than so many digits only playing is left; the rest has its keys."""
SKIP_S = 5.0
SPEEDS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)


class PlayerBar(QFrame):
    """The foot of the review."""

    position_changed = Signal(object)
    """Seconds while playing; None when playback ends."""

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._spools: Sequence[Path] = ()
        self._position_s = 0.0
        self._duration_s = 0.0
        self._start_count = 0
        self._has_begun = False
        self._loop: Span | None = None
        self._solo: Solo | None = None
        self.is_playing = False
        self.speed = 1.0
        self.setProperty("kind", "bar")
        # Time runs from left to right in every language, as on players of every make.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 20, 10)
        row.setSpacing(4)
        self._buttons: dict[Do, QToolButton] = {}
        for do, slot in (
            (Do.SKIP_BACK, self.skip_back),
            (Do.PLAY, self.toggle),
            (Do.SKIP_FORWARD, self.skip_forward),
        ):
            button = QToolButton(self)
            button.setProperty("kind", "flat")
            button.setAccessibleName(kit.actions[do].text())
            button.setToolTip(kit.actions[do].toolTip())
            button.clicked.connect(kit.actions[do].trigger)
            kit.actions[do].triggered.connect(slot)
            kit.theme.fit_icon(button, 22)
            self._buttons[do] = button
            row.addWidget(button)
        self.repeat = self._tool(Do.LOOP)
        row.addWidget(self.repeat)
        self.clean = self._tool(Do.REDUCE_NOISE)
        kit.actions[Do.REDUCE_NOISE].triggered.connect(self._reduce_noise)
        row.addWidget(self.clean)
        self.time = QLabel("0:00", self)
        self.time.setProperty("kind", "muted")
        self.time.setAccessibleName(self.tr("Position and length"))
        self.timeline = Timeline(kit.theme, self)
        self.timeline.sought.connect(self.seek)
        row.addSpacing(8)
        row.addWidget(self.timeline, 1)
        row.addSpacing(12)
        self.alone = QLabel(self.tr("only this person"), self)
        self.alone.setProperty("kind", "badge-quiet")
        self.alone.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.alone.setToolTip(self.tr("The others who talk here are left out"))
        self.alone.hide()
        row.addWidget(self.alone)
        row.addWidget(self.time)
        row.addSpacing(6)
        self._zooms: list[QToolButton] = []
        for do, zoom in (
            (Do.ZOOM_OUT, self.timeline.zoom_out),
            (Do.ZOOM_IN, self.timeline.zoom_in),
        ):
            kit.actions[do].triggered.connect(zoom)
            self._zooms.append(self._tool(do))
            row.addWidget(self._zooms[-1])
        kit.actions[Do.ZOOM_ALL].triggered.connect(self.timeline.zoom_all)
        row.addSpacing(6)
        row.addWidget(self._speed_button())
        kit.actions[Do.FASTER].triggered.connect(self.faster)
        kit.actions[Do.SLOWER].triggered.connect(self.slower)
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)
        kit.theme.changed.connect(self._dress)
        self._dress()

    def _tool(self, do: Do) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(self._kit.actions[do])
        button.setProperty("kind", "flat")
        button.setAccessibleName(self._kit.actions[do].text())
        self._kit.theme.fit_icon(button, 20)
        return button

    def _speed_button(self) -> QToolButton:
        self.speeds = QToolButton(self)
        self.speeds.setProperty("kind", "flat")
        for do in (Do.FASTER, Do.SLOWER):
            self._kit.actions[do].changed.connect(self._show_speed)
        self.speeds.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.speeds)
        for speed in SPEEDS:
            action = menu.addAction(speed_text(speed))
            action.triggered.connect(lambda _on=False, chosen=speed: self.set_speed(chosen))
        self.speeds.setMenu(menu)
        self._show_speed()
        return self.speeds

    @property
    def position_s(self) -> float:
        """Where playback is, or would start."""
        return self._position_s

    @property
    def loop(self) -> Span | None:
        """The stretch that is repeated; None when playback goes on to the end."""
        return self._loop

    def set_recording(self, spools: Sequence[Path], duration_s: float) -> None:
        """Take another recording; stops what plays unless it is the same one."""
        if tuple(spools) != tuple(self._spools):
            self.stop()
            self._set_loop(None)
            self._solo = None
            self._position_s = 0.0
        self._spools = tuple(spools)
        self._duration_s = duration_s
        for do in self._buttons:
            self._buttons[do].setEnabled(bool(spools))
            self._kit.actions[do].setEnabled(bool(spools))
        is_reduced = self._kit.context.settings.playback.is_noise_reduced
        self._kit.actions[Do.REDUCE_NOISE].setChecked(is_reduced)
        self._show_position()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Leave the room to the time line where it is narrow; keys and the wheel still zoom."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        roomy_px = ROOMY_DIGITS * self.fontMetrics().horizontalAdvance("0")
        for button in self._zooms:
            button.setVisible(self.width() >= roomy_px)
        tight_px = TIGHT_DIGITS * self.fontMetrics().horizontalAdvance("0")
        skips = (self._buttons[Do.SKIP_BACK], self._buttons[Do.SKIP_FORWARD])
        for button in (*skips, self.repeat, self.clean):
            button.setVisible(self.width() >= tight_px)

    # --- Commands --------------------------------------------------------------------------

    @Slot(float)
    def play_from(self, seconds: float) -> None:
        """Play from a moment on; one outside the repeated stretch ends the repetition."""
        if not self._spools:
            return
        self._solo = None
        self._leave_loop(seconds)
        self._begin(seconds)

    def play_solo(self, solo: Solo) -> None:
        """Play one person's part of a stretch; the recording itself from the next seek on."""
        if not self._spools:
            return
        self._set_loop(None)
        self._solo = solo
        self._begin(solo.span.start_s)

    def _begin(self, seconds: float) -> None:
        self._position_s = min(max(0.0, seconds), self._duration_s)
        self.is_playing = True
        self._start_count += 1
        self._has_begun = False
        player, speed = self._kit.context.player, self.speed
        spools, start_s, end_s = self._spools, self._position_s, None
        if self._solo is not None:
            spools, start_s = (self._solo.path,), self._position_s - self._solo.span.start_s
        elif self._loop is not None:
            end_s = self._loop.end_s
        playback = self._kit.context.settings.playback
        limit_db = playback.noise_limit_db if playback.is_noise_reduced else 0.0
        self._kit.tasks.run(
            lambda: player.play(spools, start_s, end_s, speed=speed, noise_limit_db=limit_db),
            self._started,
            self._failed,
        )
        self._timer.start()
        self._dress()
        self._show_position()

    @Slot()
    def toggle(self) -> None:
        """Play, or pause."""
        if self.is_playing:
            self.stop()
        else:
            start_s, end_s = 0.0, self._duration_s
            if self._loop is not None:
                start_s, end_s = self._loop.start_s, min(end_s, self._loop.end_s)
            is_at_end = self._position_s >= end_s - 0.2
            self.play_from(start_s if is_at_end else self._position_s)

    @Slot()
    def stop(self) -> None:
        """Pause; the position stays."""
        if not self.is_playing:
            return
        self.is_playing = False
        self._timer.stop()
        self._kit.tasks.run(self._kit.context.player.stop)
        self._dress()
        self.position_changed.emit(None)

    def start_loop(self, stretch: Span) -> None:
        """Play a stretch again and again, until `end_loop` or until something else is played."""
        self._set_loop(stretch)
        self.play_from(stretch.start_s)

    @Slot()
    def end_loop(self) -> None:
        """Play on behind the repeated stretch."""
        if self._loop is not None:
            self._set_loop(None)
            self._play_on()

    @Slot(float)
    def seek(self, seconds: float) -> None:
        """Go to a moment; goes on playing if it does."""
        if self.is_playing:
            self.play_from(seconds)
            return
        self._leave_loop(seconds)
        self.cue(seconds)
        self.position_changed.emit(self._position_s)

    def cue(self, seconds: float) -> None:
        """Make the next playback start at a moment."""
        self._position_s = min(max(0.0, seconds), self._duration_s)
        self._show_position()

    def set_speed(self, speed: float) -> None:
        """Play at another speed from now on, one of `SPEEDS`."""
        if speed == self.speed:
            return
        self.speed = speed
        self._show_speed()
        self._play_on()

    @Slot(bool)
    def _reduce_noise(self, is_reduced: bool) -> None:
        context = self._kit.context
        playback = replace(context.settings.playback, is_noise_reduced=is_reduced)
        changed = replace(context.settings, playback=playback)
        self._kit.tasks.run(
            lambda: context.save_settings(changed), self._play_on, self._kit.show_problem
        )

    def _play_on(self, _result: object = None) -> None:
        """Hear at once what was changed."""
        if self.is_playing:
            self._begin(self._position_s)

    @Slot()
    def faster(self) -> None:
        """Take the next higher speed."""
        self.set_speed(next((s for s in SPEEDS if s > self.speed), self.speed))

    @Slot()
    def slower(self) -> None:
        """Take the next lower speed."""
        self.set_speed(next((s for s in reversed(SPEEDS) if s < self.speed), self.speed))

    @Slot()
    def skip_back(self) -> None:
        """Go back 5 s."""
        self._skip(-SKIP_S)

    @Slot()
    def skip_forward(self) -> None:
        """Go forward 5 s."""
        self._skip(SKIP_S)

    # --- Inside ----------------------------------------------------------------------------

    def _skip(self, seconds: float) -> None:
        to_s = self._position_s + seconds
        if self._loop is not None and not _holds(self._loop, to_s):
            to_s = self._loop.start_s
        self.seek(to_s)

    def _leave_loop(self, seconds: float) -> None:
        if self._loop is not None and not _holds(self._loop, seconds):
            self._set_loop(None)

    def _set_loop(self, stretch: Span | None) -> None:
        self._loop = stretch
        self._kit.actions[Do.LOOP].setChecked(stretch is not None)
        self.timeline.show_loop(stretch)

    @Slot()
    def _poll(self) -> None:
        position = self._kit.context.player.position_s()
        if self._start_count:
            # What is heard belongs to the stretch before.
            return
        if position is None:
            self._end()
            return
        self._has_begun = True
        if self._solo is not None:
            position += self._solo.span.start_s
        self._position_s = position
        self._show_position()
        self.position_changed.emit(position)

    def _end(self) -> None:
        """What was to be played is over: again if it is repeated."""
        if self._loop is not None and self._has_begun:
            self.play_from(self._loop.start_s)
        else:
            self.stop()

    @Slot()
    def _show_speed(self) -> None:
        text = speed_text(self.speed)
        self.speeds.setText(text)
        self.speeds.setAccessibleName(self.tr("Speed: %1").replace("%1", text))
        actions = self._kit.actions
        tip = self.tr("Speed; voices keep their pitch")
        self.speeds.setToolTip(with_keys(tip, actions[Do.SLOWER], actions[Do.FASTER]))

    def _started(self, _result: None) -> None:
        self._start_count -= 1

    def _failed(self, problem: Problem) -> None:
        self._start_count -= 1
        self._set_loop(None)
        self.stop()
        self._kit.show_problem(problem)

    def _show_position(self) -> None:
        self.timeline.set_position(self._position_s)
        self.time.setText(f"{clock(self._position_s)} / {clock(self._duration_s)}")

    @Slot()
    def _dress(self) -> None:
        self._make_room()
        self.alone.setVisible(self.is_playing and self._solo is not None)
        tokens, icons = self._kit.theme.tokens, self._kit.icons
        names = {
            Do.SKIP_BACK: "back",
            Do.PLAY: "pause" if self.is_playing else "play",
            Do.SKIP_FORWARD: "forward",
        }
        for do, button in self._buttons.items():
            button.setIcon(icons.icon(names[do], tokens.text))
        text = self.tr("Pause") if self.is_playing else self.tr("Play")
        self._buttons[Do.PLAY].setAccessibleName(text)


def speed_text(speed: float) -> str:
    """A speed as the button shows it: 1.25x with a real multiplication sign."""
    return f"{speed:g}\u00d7"


def _holds(stretch: Span, seconds: float) -> bool:
    return stretch.start_s - 0.001 <= seconds < stretch.end_s
