"""Beside the live transcript: who has talked how long, and how the pipeline keeps up."""

from __future__ import annotations

from collections import defaultdict

from PySide6.QtCore import QCoreApplication, QPoint, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QHideEvent, QShowEvent
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.domain.ids import TrackId
from app.domain.messages import Health, ModelUse
from app.ui.parts import mark_part
from app.ui.roles import set_role
from app.ui.theme import Theme
from app.ui.times import clock, unbroken
from app.ui.transcript.lines import initials_of
from app.ui.transcript.model import TranscriptModel
from app.ui.widgets.chip import SpeakerChip

PANEL_PX = 270
PEOPLE_EVERY_MS = 1_000
UNKNOWN = "–"  # noqa: RUF001 - a dash, as in tables


class LivePanel(QScrollArea):
    """People with their talk time; below them queues, lag, what was left out, and the models."""

    chosen = Signal(object, QRect)
    """A `TrackId`, and where its chip is, in global coordinates."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._transcript: TranscriptModel | None = None
        self._shown: tuple[object, ...] = ()
        self.setFixedWidth(PANEL_PX)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("People and pipeline"))
        set_role(self, QAccessible.Role.Grouping)
        mark_part(self)
        self.setAccessibleDescription(self.tr("Who has talked how long, and how captions keep up"))
        inner = QWidget(self)
        inner.setProperty("kind", "sidebar")
        self._people = QVBoxLayout()
        self._people.setSpacing(4)
        self.nobody = QLabel(self.tr("Nobody has talked yet."), inner)
        self.nobody.setProperty("kind", "muted")
        self._people.addWidget(self.nobody)
        self.chips: list[SpeakerChip] = []
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(12)
        self._form.setVerticalSpacing(4)
        self.values: dict[str, QLabel] = {}
        for key, title in (
            ("delay", self.tr("Delay")),
            ("lag", self.tr("Behind")),
            ("relief", self.tr("Quality")),
            ("front", self.tr("Speakers")),
            ("asr-final", self.tr("Final words")),
            ("asr-partial", self.tr("First words")),
            ("separation", self.tr("Both voices")),
            ("memory", self.tr("Memory")),
            ("models", self.tr("Models")),
        ):
            value = QLabel(UNKNOWN, inner)
            value.setWordWrap(True)
            value.setAccessibleName(title)
            label = QLabel(title, inner)
            label.setProperty("kind", "muted")
            self._form.addRow(label, value)
            self.values[key] = value
        box = QVBoxLayout(inner)
        box.setContentsMargins(16, 14, 16, 14)
        box.setSpacing(8)
        box.addWidget(_heading(self.tr("People"), inner))
        box.addLayout(self._people)
        box.addSpacing(10)
        box.addWidget(_heading(self.tr("Pipeline"), inner))
        box.addLayout(self._form)
        box.addStretch(1)
        self.setWidget(inner)
        self._timer = QTimer(self)
        self._timer.setInterval(PEOPLE_EVERY_MS)
        self._timer.timeout.connect(self.refresh_people)

    # --- Filling ---------------------------------------------------------------------------

    def follow(self, transcript: TranscriptModel) -> None:
        """Show a meeting that begins; what was known of the one before is forgotten."""
        self._transcript = transcript
        for value in self.values.values():
            value.setText(UNKNOWN)
        self.refresh_people()

    def show_models(self, models: tuple[ModelUse, ...]) -> None:
        """Name the models that run."""
        names = dict.fromkeys(use.model_id for use in models)
        self.values["models"].setText("\n".join(names) or UNKNOWN)

    def show_health(self, health: Health) -> None:
        """Show how the pipeline keeps up."""
        if health.promised_s is not None and health.observed_s is not None:
            text = self.tr("%1 s, promised %2 s").replace("%1", f"{health.observed_s:.1f}")
            text = text.replace("%2", f"{health.promised_s:.1f}")
            self.values["delay"].setText(unbroken(text))
        self.values["lag"].setText(self.tr("%1 s").replace("%1", f"{health.lag_s:.1f}"))
        self.values["relief"].setText(_relief_text(health.relief))
        for stage in health.stages:
            if stage.stage not in self.values:
                continue
            text = self.tr("%1 % of real time, %2 s waiting")
            text = text.replace("%1", str(round(stage.real_time_factor * 100)))
            self.values[stage.stage].setText(unbroken(text.replace("%2", f"{stage.queue_s:.1f}")))
        self.values["memory"].setText(self.tr("%1 MB").replace("%1", str(round(health.rss_mb))))

    @Slot()
    def refresh_people(self) -> None:
        """Count again who has talked how long, most talkative first."""
        transcript = self._transcript
        if transcript is None:
            return
        talk_s: defaultdict[TrackId, float] = defaultdict(float)
        for line in transcript.lines():
            if line.track is not None and line.is_final:
                talk_s[line.track] += line.span.duration_s
        people = sorted(
            (speaker for speaker in transcript.speakers if talk_s[speaker.track] > 0),
            key=lambda speaker: (-talk_s[speaker.track], speaker.index),
        )
        shown = tuple((speaker, clock(talk_s[speaker.track])) for speaker in people)
        if shown == self._shown:
            return
        self._shown = shown
        for chip in self.chips:
            self._people.removeWidget(chip)
            chip.deleteLater()
        self.chips = []
        for speaker, talk in shown:
            chip = SpeakerChip(
                self._theme,
                name=speaker.label,
                initials=initials_of(speaker.name, speaker.index),
                colour_index=speaker.index,
                detail=talk,
                parent=self.widget(),
            )
            track = speaker.track
            chip.clicked.connect(lambda _on=False, track=track, chip=chip: self._pick(track, chip))
            self._people.addWidget(chip, 0, Qt.AlignmentFlag.AlignLeading)
            self.chips.append(chip)
        self.nobody.setVisible(not shown)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Count people only while the panel is seen."""
        super().showEvent(event)
        self.refresh_people()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Nobody looks: nothing is counted."""
        super().hideEvent(event)
        self._timer.stop()

    def _pick(self, track: TrackId, chip: QWidget) -> None:
        self.chosen.emit(track, QRect(chip.mapToGlobal(QPoint(0, 0)), chip.size()))


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("kind", "heading")
    return label


def _relief_text(relief: int) -> str:
    texts = (
        _tr("Full"),
        _tr("Two voices as one text"),
        _tr("Newest words less often"),
        _tr("Only final words"),
        _tr("Final words less often"),
    )
    return texts[min(relief, len(texts) - 1)]


def _tr(text: str) -> str:
    return str(QCoreApplication.translate("LivePanel", text))
