"""What the window tells: in banners, and on the desktop while nobody looks at the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.domain.errors import Severity
from app.domain.messages import Notice, NoticeKind
from app.services.retention import Due
from app.services.updates import Release
from app.ui.errors import Problem
from app.ui.settings.updates import told
from app.ui.times import size_text
from app.ui.translation import translated
from app.ui.widgets.banner import BannerStack

URGENT_NOTICES = frozenset(
    {NoticeKind.DISK, NoticeKind.DEVICE_LOST, NoticeKind.SILENT_SOURCE, NoticeKind.MUTED}
)
"""What somebody who looks at another window has to know while a meeting runs."""


class Messages(QObject):
    """Puts what happened into words; main thread only."""

    def __init__(
        self,
        banners: BannerStack,
        notify: Callable[[str, str], None],
        parent: QObject | None = None,
    ) -> None:
        """Say things.

        Args:
            notify: Says a sentence on the desktop; takes what it is about, and the sentence.
        """
        super().__init__(parent)
        self._banners = banners
        self._notify = notify

    @Slot(object)
    def show_problem(self, problem: Problem) -> None:
        """Say what went wrong."""
        self._banners.show_text(problem.text, severity=problem.severity)
        if problem.severity is not Severity.WARNING:
            self._notify("problem", problem.text)

    @Slot(object)
    def show_notice(self, notice: Notice) -> None:
        """Say what a running meeting noticed."""
        text = translated(notice.text)
        self._banners.show_text(text, severity=Severity.WARNING)
        if notice.kind in URGENT_NOTICES:
            self._notify(f"notice-{notice.kind}", text)

    def show_opening(self, sentences: tuple[str, ...]) -> None:
        """Say what was found when the library was opened."""
        for sentence in sentences:
            self._banners.show_text(translated(sentence), severity=Severity.WARNING)

    @Slot(str)
    def tell_done(self, text: str) -> None:
        """Say that long work has ended."""
        self._banners.show_text(text)
        self._notify("done", text)

    def tell_finished(self, title: str) -> None:
        """Say on the desktop that the transcript of a recorded meeting is complete."""
        text = self.tr("The transcript of “%1” is finished.")
        self._notify("done", text.replace("%1", title))

    def tell_imported(self) -> None:
        """Say on the desktop that nothing is left to import."""
        self._notify("done", self.tr("All imported files are transcribed."))

    @Slot(object)
    def tell_exported(self, path: Path) -> None:
        """Say where a file is."""
        self._banners.show_text(self.tr("Saved as %1").replace("%1", str(path)))

    def tell_audio_deleted(self, size_bytes: int) -> None:
        """Say what the deletion of a meeting's audio brought."""
        text = self.tr("The audio is deleted, %1 are free again. The text stays.")
        self._banners.show_text(text.replace("%1", size_text(size_bytes)))

    def tell_swept(self, found: Due) -> None:
        """Say what was deleted by age."""
        text = self.tr("As the settings say, %1 old meetings and the audio of %2 are deleted.")
        text = text.replace("%1", str(len(found.meetings))).replace("%2", str(len(found.audio)))
        self._banners.show_text(text)

    def tell_refining(self, *, is_part: bool) -> None:
        """Say what happens to a meeting that is transcribed again."""
        self._banners.show_text(
            self.tr("The selection is transcribed again. Lines you corrected stay.")
            if is_part
            else self.tr("The final pass runs again in the background. Your corrections stay.")
        )

    def tell_refined(self) -> None:
        """Say that a meeting was transcribed again."""
        self.tell_done(self.tr("The transcript is refined."))

    @Slot(object)
    def tell_release(self, release: Release) -> None:
        """Say that there is a newer version, and how to get it."""
        self._banners.show_text(told(release))
