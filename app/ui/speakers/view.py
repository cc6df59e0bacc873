"""The people dialog: who is enrolled, and a panel to enroll more."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.meeting import MeetingTranscript
from app.domain.speakers import SpeakerProfile
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.questions import explain
from app.ui.speakers.enroll import EnrollPanel
from app.ui.tab_order import move_focus


class PeopleDialog(QDialog):
    """Lists people; renames, merges and forgets them; enrolls voices."""

    def __init__(
        self, kit: Kit, transcript: MeetingTranscript | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._kit = kit
        self.people: tuple[SpeakerProfile, ...] = ()
        self.setWindowTitle(self.tr("People"))
        self.resize(780, 460)
        self.enroll = EnrollPanel(kit, transcript, self)
        self.enroll.enrolled.connect(self.refresh)
        self._build()
        self.finished.connect(self.enroll.close_recording)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Read who is enrolled."""
        self._kit.tasks.run(self._kit.context.speakers.list, self._show, self._failed)

    def selected(self) -> SpeakerProfile | None:
        """The person of the current row."""
        row = self.list.currentRow()
        return self.people[row] if 0 <= row < len(self.people) else None

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802
        """Go on as the layouts order the controls."""
        return move_focus(self, is_next=is_next)

    # --- Building --------------------------------------------------------------------------

    def _build(self) -> None:
        heading = QLabel(self.tr("People whose voice is known"), self)
        heading.setProperty("kind", "title")
        self.list = QListWidget(self)
        self.list.setProperty("kind", "options")
        self.list.setAccessibleName(self.tr("Enrolled people"))
        self.list.setAccessibleDescription(self.tr("F2 renames, Delete forgets"))
        self.list.currentRowChanged.connect(lambda _row: self._update())
        self.empty = QLabel(
            self.tr("Nobody yet. Voices stay on this computer and are deleted with the person."),
            self,
        )
        self.empty.setWordWrap(True)
        self.empty.setProperty("kind", "muted")
        self.rename = self._button(self.tr("Rename…"), self._ask_name)
        self.merge = self._button(self.tr("Merge…"), self._ask_merge)
        self.forget = self._button(self.tr("Forget…"), self._ask_forget)
        self.forget.setProperty("kind", "danger")
        self.close_button = self._button(self.tr("Close"), self.accept)
        self.close_button.setToolTip(self.tr("Everything is stored already"))
        for keys, asked in (("F2", self._ask_name), ("Del", self._ask_forget)):
            shortcut = QShortcut(QKeySequence(keys), self.list)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(asked)
        buttons = QHBoxLayout()
        for button in (self.rename, self.merge, self.forget):
            buttons.addWidget(button)
        buttons.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(heading)
        left.addWidget(self.empty)
        left.addWidget(self.list, 1)
        left.addLayout(buttons)
        right = QVBoxLayout()
        right.addWidget(self.enroll, 1)
        right.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignRight)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 20, 20, 20)
        row.setSpacing(24)
        row.addLayout(left, 1)
        row.addLayout(right, 1)

    def _button(self, text: str, pressed: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setAccessibleName(text)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked: pressed())
        return button

    # --- People ----------------------------------------------------------------------------

    def _show(self, people: tuple[SpeakerProfile, ...]) -> None:
        kept = self.selected()
        self.people = people
        self.list.clear()
        for person in people:
            count = person.voiceprint_count
            recordings = (
                self.tr("1 recording")
                if count == 1
                else self.tr("%1 recordings").replace("%1", str(count))
            )
            item = QListWidgetItem(f"{person.name}  ·  {recordings}")
            item.setToolTip(
                self.tr("Enrolled on %1, with consent").replace(
                    "%1", f"{person.created_at:%Y-%m-%d}"
                )
            )
            self.list.addItem(item)
            if kept is not None and person.speaker_id == kept.speaker_id:
                self.list.setCurrentItem(item)
        self.empty.setVisible(not people)
        self.list.setVisible(bool(people))
        self._update()

    def _update(self) -> None:
        person = self.selected()
        for button in (self.rename, self.forget):
            button.setEnabled(person is not None)
        self.merge.setEnabled(person is not None and len(self.people) > 1)
        why = self.tr("Choose a person first")
        for button, tip in (
            (self.rename, self.tr("Write the name differently, in past meetings too")),
            (self.merge, self.tr("Make two people one, with the voices of both")),
            (self.forget, self.tr("Delete the voice from this computer")),
        ):
            button.setToolTip(tip if person is not None else why)

    def _ask_name(self) -> None:
        person = self.selected()
        if person is None:
            return
        box = QInputDialog(self)
        box.setWindowTitle(self.tr("Rename"))
        box.setLabelText(self.tr("New name, in past meetings too"))
        box.setTextValue(person.name)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        service = self._kit.context.speakers
        box.textValueSelected.connect(
            lambda name: self._run(lambda: service.rename(person.speaker_id, name))
        )
        box.open()
        explain(box)

    def _ask_merge(self) -> None:
        person = self.selected()
        if person is None:
            return
        others = {p.name: p.speaker_id for p in self.people if p != person}
        box = QInputDialog(self)
        box.setWindowTitle(self.tr("Merge"))
        box.setLabelText(self.tr("%1 is the same person as").replace("%1", person.name))
        box.setComboBoxItems(list(others))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        service = self._kit.context.speakers
        box.textValueSelected.connect(
            lambda name: self._run(lambda: service.merge(person.speaker_id, others[name]))
        )
        box.open()
        explain(box)

    def _ask_forget(self) -> None:
        person = self.selected()
        if person is None:
            return
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(self.tr("Forget a voice"))
        box.setText(self.tr("Forget the voice of “%1”?").replace("%1", person.name))
        box.setInformativeText(
            self.tr(
                "All recordings of the voice are deleted from this computer for good. "
                "Names in past meetings stay as text."
            )
        )
        forget = box.addButton(self.tr("Forget"), QMessageBox.ButtonRole.DestructiveRole)
        forget.setProperty("kind", "danger")
        cancel = box.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        service = self._kit.context.speakers
        forget.clicked.connect(lambda: self._run(lambda: service.forget(person.speaker_id)))
        box.open()
        explain(box)

    def _run(self, work: Callable[[], None]) -> None:
        self._kit.tasks.run(work, self._changed, self._failed)

    def _changed(self, _nothing: None) -> None:
        self.refresh()

    def _failed(self, problem: Problem) -> None:
        self.enroll.message.setText(problem.text)
        self.refresh()
