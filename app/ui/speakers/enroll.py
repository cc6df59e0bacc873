"""Store a voice: from the microphone, from files, or from a voice of the open meeting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.ids import TrackId
from app.domain.meeting import MeetingTranscript
from app.domain.voice_quality import GOOD_SPEECH_S, MIN_SPEECH_S
from app.services.speakers import Enrollment
from app.services.voice_recording import VoiceRecording
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.translation import translated
from app.ui.widgets.check import Check
from app.ui.widgets.choice import Choice
from app.ui.widgets.level_meter import LevelMeter

REFRESH_MS = 200


class EnrollPanel(QWidget):
    """Name, consent, and three ways to give a voice; `enrolled` says that one was stored."""

    enrolled = Signal()

    def __init__(
        self, kit: Kit, transcript: MeetingTranscript | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._kit = kit
        self._transcript = transcript
        self._recording: VoiceRecording | None = None
        self._is_busy = False
        self._is_closed = False
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        self._build()
        self._update()

    @property
    def is_recording(self) -> bool:
        """Whether the microphone is open."""
        return self._recording is not None

    def close_recording(self) -> None:
        """Close the microphone and delete what was recorded; idempotent."""
        self._is_closed = True
        self._drop_recording()

    # --- Building --------------------------------------------------------------------------

    def _build(self) -> None:
        heading = QLabel(self.tr("Enroll a voice"), self)
        heading.setProperty("kind", "title")
        self.name = QLineEdit(self)
        self.name.setPlaceholderText(self.tr("Name"))
        self.name.setAccessibleName(self.tr("Name of the person"))
        self.name.setAccessibleDescription(self.tr("As transcripts shall write it"))
        self.name.textChanged.connect(self._update)
        self.consent = Check(
            self._kit.theme, self.tr("This person agreed that the voice is stored here"), self
        )
        self.consent.toggled.connect(self._update)
        self.consent.setAccessibleDescription(self.tr("Without it nothing is stored"))
        self.record = self._button(self.tr("Record"), self._toggle)
        self.record.setProperty("kind", "primary")
        self.files = self._button(self.tr("From files…"), self._choose_files)
        self.voices = Choice(self._kit.theme, self.tr("Voice of the open meeting"), self)
        self.voices.setAccessibleDescription(self.tr("Whose lines the voice is learned from"))
        self.use_voice = self._button(self.tr("Use this voice"), self._use_voice)
        self.level = LevelMeter(self._kit.theme, self.tr("Microphone level"), self)
        self.enough = QProgressBar(self)
        self.enough.setRange(0, round(GOOD_SPEECH_S * 10))
        self.enough.setAccessibleName(self.tr("Speech so far"))
        self.enough.setAccessibleDescription(self.tr("How much of the voice was heard"))
        self.enough.setTextVisible(False)
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setAccessibleName(self.tr("State of the enrollment"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for widget in (heading, self.name, self.consent):
            column.addWidget(widget)
        ways = QHBoxLayout()
        ways.addWidget(self.record)
        ways.addWidget(self.files)
        ways.addStretch(1)
        column.addLayout(ways)
        meeting = QHBoxLayout()
        meeting.addWidget(self.voices, 1)
        meeting.addWidget(self.use_voice)
        column.addLayout(meeting)
        bars = QGridLayout()
        for row, (text, bar) in enumerate(
            ((self.tr("Level"), self.level), (self.tr("Speech"), self.enough))
        ):
            caption = QLabel(text, self)
            caption.setProperty("kind", "muted")
            bars.addWidget(caption, row, 0)
            bars.addWidget(bar, row, 1)
        column.addLayout(bars)
        column.addWidget(self.message)
        column.addStretch(1)
        speakers = self._transcript.speakers if self._transcript is not None else ()
        for speaker in speakers:
            self.voices.addItem(speaker.label, speaker.track)
        self.voices.setVisible(bool(speakers))
        self.use_voice.setVisible(bool(speakers))

    def _button(self, text: str, pressed: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(text)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked: pressed())
        return button

    # --- Recording -------------------------------------------------------------------------

    def _toggle(self) -> None:
        recording = self._recording
        if recording is None:
            device = self._kit.context.settings.capture.microphone
            service = self._kit.context.speakers
            self._begin(self.tr("Opening the microphone…"))
            self._kit.tasks.run(lambda: service.record(device), self._opened, self._failed)
            return
        self._timer.stop()
        name, service = self.name.text(), self._kit.context.speakers
        self._begin(self.tr("Listening to the voice…"))
        self._kit.tasks.run_long(
            lambda _cancel: service.enroll_recording(name, recording, has_consent=True),
            self._stored,
            self._failed,
        )

    def _opened(self, recording: VoiceRecording) -> None:
        if self._is_closed:
            recording.close()
            return
        self._recording = recording
        self._is_busy = False
        self._timer.start()
        self._refresh()
        self._update()

    @Slot()
    def _refresh(self) -> None:
        if self._recording is None:
            return
        said_s = self._recording.speech_s()
        self.level.set_level(self._recording.level_dbfs())
        self.enough.setValue(min(self.enough.maximum(), round(said_s * 10)))
        if said_s < MIN_SPEECH_S:
            text = self.tr("Talk in your usual voice: %1 s of %2 s.")
        elif said_s < GOOD_SPEECH_S:
            text = self.tr("This would do: %1 s. Go on to %2 s to be recognised better.")
        else:
            text = self.tr("That is enough speech: %1 s. Stop when you like.")
        text = text.replace("%1", f"{said_s:.0f}").replace("%2", f"{GOOD_SPEECH_S:g}")
        self.message.setText(text)
        self.enough.setAccessibleDescription(text)

    def _drop_recording(self) -> None:
        recording, self._recording = self._recording, None
        self._timer.stop()
        self.level.set_level(None)
        self.enough.setValue(0)
        if recording is not None:
            recording.close()  # not in the background: the microphone must be closed on quitting

    # --- Files and meetings ----------------------------------------------------------------

    def _choose_files(self) -> None:
        names, _filter = QFileDialog.getOpenFileNames(self, self.tr("Recordings of this voice"))
        self.enroll_files(tuple(Path(name) for name in names))

    def enroll_files(self, files: tuple[Path, ...]) -> None:
        """Store the voice of recordings of nobody else."""
        if files:
            name, service = self.name.text(), self._kit.context.speakers
            self._begin(self.tr("Listening to the voice…"))
            self._kit.tasks.run_long(
                lambda _cancel: service.enroll(name, files, has_consent=True),
                self._stored,
                self._failed,
            )

    def _use_voice(self) -> None:
        if self._transcript is None:
            return
        name, service = self.name.text(), self._kit.context.speakers
        meeting_id = self._transcript.meeting.meeting_id
        track = TrackId(self.voices.currentData())
        self._begin(self.tr("Listening to the voice…"))
        self._kit.tasks.run_long(
            lambda _cancel: service.enroll_from_meeting(name, meeting_id, track, has_consent=True),
            self._stored,
            self._failed,
        )

    # --- Outcome ---------------------------------------------------------------------------

    def _begin(self, text: str) -> None:
        self._is_busy = True
        self.message.setText(text)
        self._update()

    def _stored(self, enrollment: Enrollment) -> None:
        self._drop_recording()
        self._is_busy = False
        text = self.tr("%1 is enrolled.").replace("%1", enrollment.profile.name)
        self.message.setText(" ".join([text, *map(translated, enrollment.warnings)]))
        self.name.clear()
        self.consent.setChecked(False)
        self._update()
        self.enrolled.emit()

    def _failed(self, problem: Problem) -> None:
        self._drop_recording()
        self._is_busy = False
        self.message.setText(problem.text)
        self._update()

    @Slot()
    def _update(self) -> None:
        is_ready = bool(self.name.text().strip()) and self.consent.isChecked()
        is_free = is_ready and not self._is_busy
        self.record.setText(self.tr("Stop and enroll") if self.is_recording else self.tr("Record"))
        self.record.setAccessibleName(self.record.text())
        self.record.setEnabled(is_free)
        for button in (self.files, self.use_voice):
            button.setEnabled(is_free and not self.is_recording)
        why = self.tr("Type a name and tick that the person agreed")
        for button, tip in (
            (self.record, self.tr("Talk into the microphone until the bar is full")),
            (self.files, self.tr("Recordings in which nobody else talks")),
            (self.use_voice, self.tr("What this voice says in the meeting that is open")),
        ):
            button.setToolTip(tip if is_ready else why)
