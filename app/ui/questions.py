"""Questions that the window asks before it does what cannot be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QAbstractButton, QDialog, QInputDialog, QMessageBox, QWidget


def ask_to_delete_audio(parent: QWidget, title: str, go: Callable[[], None]) -> None:
    """Ask whether a meeting shall lose its audio; `go` is called after a yes."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setWindowTitle(_tr("Delete audio"))
    box.setText(_tr("Delete the audio of “%1”?").replace("%1", title))
    box.setInformativeText(
        _tr("Its text stays, but nobody can listen to it or transcribe it again.")
    )
    delete = box.addButton(_tr("Delete audio"), QMessageBox.ButtonRole.DestructiveRole)
    delete.setProperty("kind", "danger")
    delete.clicked.connect(go)
    _open(box)


def ask_before_closing(
    parent: QWidget, *, keep: Callable[[], None] | None, stop: Callable[[], None]
) -> None:
    """Ask what becomes of the meeting that is being recorded when its window closes.

    Args:
        keep: Goes on without a window; None where nothing would show it.
        stop: Stops the recording and closes.
    """
    box = QMessageBox(parent)
    box.setWindowTitle(_tr("A meeting is being recorded"))
    box.setText(_tr("A meeting is being recorded."))
    what_follows = _tr("What was recorded so far is safe in any case.")
    if keep is not None:
        stay = box.addButton(_tr("Keep recording in the tray"), QMessageBox.ButtonRole.AcceptRole)
        stay.clicked.connect(keep)
        once = _tr(
            "If it goes on in the tray, closing the window does that from now on; quitting asks."
        )
        what_follows = f"{what_follows} {once}"
    box.setInformativeText(what_follows)
    end = box.addButton(_tr("Stop and close"), QMessageBox.ButtonRole.DestructiveRole)
    end.clicked.connect(stop)
    _open(box)


def explain(box: QDialog) -> None:
    """Let a screen reader say with every control of an open standard dialog what is asked."""
    if isinstance(box, QInputDialog):
        asked = box.labelText()
    elif isinstance(box, QMessageBox):
        asked = box.informativeText() or box.text()
    else:
        asked = box.windowTitle()
    for control in box.findChildren(QWidget):
        if isinstance(control, QAbstractButton):
            control.setAccessibleName(control.text().replace("&", ""))
        control.setAccessibleDescription(asked)


def _open(box: QMessageBox) -> None:
    box.setDefaultButton(box.addButton(_tr("Cancel"), QMessageBox.ButtonRole.RejectRole))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    explain(box)


def _tr(text: str) -> str:
    return str(QCoreApplication.translate("Questions", text))
