"""Finding, importing and deleting meetings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDrag, QDragEnterEvent, QDropEvent, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication

from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.meeting import MeetingSummary, SearchHit
from app.ui.actions import Do
from app.ui.library.imports import ImportCard
from app.ui.library.model import Heading, LibraryModel
from app.ui.widgets.banner import Banner
from tests.fakes import ui_meetings as made

pytestmark = pytest.mark.ui


def _entries(desk) -> list:
    model = desk.window.library.model
    return [model.data(model.index(n), LibraryModel.EntryRole) for n in range(model.rowCount())]


def _search(desk, text: str) -> list[SearchHit]:
    desk.window.library.search.setText(text)
    desk.wait(lambda: any(isinstance(entry, SearchHit) for entry in _entries(desk)))
    return [entry for entry in _entries(desk) if isinstance(entry, SearchHit)]


def _drop(desk, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    modifiers = Qt.KeyboardModifier.NoModifier
    at = QPoint(300, 300)
    for kind in (QDragEnterEvent, QDropEvent):
        QApplication.sendEvent(desk.window, kind(at, action, data, button, modifiers))


def _cards(desk) -> list[ImportCard]:
    return desk.window.library.findChildren(ImportCard)


def test_meetings_stand_under_their_days_newest_first(desk):
    entries = _entries(desk)

    titles = [e.meeting.title for e in entries if isinstance(e, MeetingSummary)]
    assert titles[0] == "Release planning"
    assert titles[-1] == "Kick-off"
    assert isinstance(entries[0], Heading)


def test_an_empty_library_greets_and_offers_the_sample(make_desk):
    desk = make_desk([])

    desk.wait(lambda: desk.window.library.nothing.isVisible())
    assert "as it is said" in desk.window.welcome.heading.text()


def test_a_click_opens_the_meeting(desk):
    library = desk.window.library
    row = next(n for n, e in enumerate(_entries(desk)) if isinstance(e, MeetingSummary))

    rect = library.list.visualRect(library.model.index(row))
    desk.qtbot.mouseClick(library.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())

    desk.wait(lambda: desk.window.review.title.title == "Release planning")
    assert desk.window.pages.currentWidget() is desk.window.review


def test_search_finds_while_typing_and_opens_at_the_moment(desk):
    hits = _search(desk, "shipped")
    library = desk.window.library

    row = _entries(desk).index(hits[-1])
    library.list.opened.emit(library.model.index(row))
    review = desk.window.review
    desk.wait(lambda: review.document.transcript is not None)

    assert review.document.meeting_id == hits[-1].meeting_id
    assert review.transcript.painter.shown.flash == hits[-1].segment_id
    assert review.transcript.painter.shown.terms == ("shipped",)
    assert review.player.position_s == pytest.approx(hits[-1].span.start_s)
    shown = review.transcript.visualRect(review.transcript.currentIndex())
    assert review.transcript.viewport().rect().intersects(shown)


def test_no_hit_says_so_and_escape_brings_the_meetings_back(desk):
    library = desk.window.library
    library.search.setText("zyzzyva")
    desk.wait(lambda: library.nothing.isVisible())

    desk.qtbot.keyClick(library.search, Qt.Key.Key_Escape)
    desk.wait(lambda: len(_entries(desk)) > 4)

    assert not library.nothing.isVisible()


def test_a_failing_search_is_a_banner(desk):
    desk.library.search_failure = KnownError("The library is locked by another program.")

    desk.window.library.search.setText("release")
    desk.wait(lambda: bool(desk.window.banners.texts))

    assert desk.window.banners.texts == ("The library is locked by another program.",)


def test_a_dropped_file_is_imported_with_progress(desk, tmp_path):
    file = tmp_path / "Interview.m4a"
    file.touch()

    _drop(desk, file)
    desk.transcribing.allow(2)
    desk.wait(lambda: any(card.bar.value() == 500 for card in _cards(desk)))
    desk.transcribing.allow(2)
    desk.wait(lambda: desk.window.review.title.title == "Interview")

    assert desk.transcribing.requests[0].inputs == {StreamId.MIX: file}
    desk.wait(lambda: not _cards(desk))


def test_cancelling_an_import_stops_it_and_starts_the_next(desk, tmp_path):
    files = [tmp_path / "one.wav", tmp_path / "two.wav"]
    for file in files:
        file.touch()
    _drop(desk, *files)
    desk.wait(lambda: len(desk.transcribing.requests) == 1)

    desk.qtbot.mouseClick(_cards(desk)[0].cancel, Qt.MouseButton.LeftButton)
    desk.wait(lambda: len(desk.transcribing.requests) == 2)

    desk.wait(desk.transcribing.cancelled.is_set)
    assert desk.transcribing.requests[1].inputs == {StreamId.MIX: files[1]}


def test_a_dropped_document_is_refused_in_one_sentence(desk, tmp_path):
    file = tmp_path / "notes.pdf"
    file.touch()

    _drop(desk, file)

    assert "no audio or video file" in desk.window.banners.texts[0]
    assert not desk.transcribing.requests


def test_a_failing_import_says_why_and_leaves_no_card(desk, tmp_path):
    desk.transcribing.failure = KnownError("broken.wav holds no sound.")
    file = tmp_path / "broken.wav"
    file.touch()

    _drop(desk, file)
    desk.wait(lambda: bool(desk.window.banners.texts))

    assert desk.window.banners.texts == ("broken.wav holds no sound.",)
    desk.wait(lambda: not _cards(desk))


def _listed(desk) -> list[str]:
    return [summary.meeting.meeting_id for summary in desk.window.library.meetings]


def test_a_deleted_meeting_can_be_had_back_for_a_moment(desk):
    desk.open()

    desk.window.kit.actions[Do.DELETE_MEETING].trigger()

    assert "m0000001" not in _listed(desk)
    assert desk.window.pages.currentWidget() is desk.window.welcome
    assert desk.window.banners.texts == ("“Release planning” is deleted with its recording.",)
    assert "m0000001" in desk.library.transcripts
    desk.window.banners.findChild(Banner).button.click()
    desk.wait(lambda: "m0000001" in _listed(desk))
    desk.wait(lambda: desk.window.pages.currentWidget() is desk.window.review)
    assert desk.window.banners.texts == ()


def test_meetings_of_one_title_are_had_back_together(desk):
    for meeting_id in ("m0000001", "m0000002"):
        desk.window.deletions.delete(meeting_id, "New meeting")
    desk.wait(lambda: not {"m0000001", "m0000002"} & {*_listed(desk)})
    (banner,) = desk.window.banners.findChildren(Banner)

    banner.button.click()

    desk.wait(lambda: {"m0000001", "m0000002"} <= {*_listed(desk)})
    assert not desk.window.deletions.hidden
    assert desk.window.banners.texts == ()


def test_a_deleted_meeting_is_gone_when_the_moment_is_over(desk, monkeypatch):
    monkeypatch.setattr("app.ui.library.deletion.UNDO_S", 0.05)
    desk.open()

    desk.window.kit.actions[Do.DELETE_MEETING].trigger()

    desk.wait(lambda: "m0000001" not in desk.library.transcripts)
    desk.wait(lambda: not desk.window.deletions.hidden)
    assert desk.window.banners.texts == ()


def test_a_deleted_meeting_is_gone_when_the_window_closes(desk):
    desk.open()
    desk.window.kit.actions[Do.DELETE_MEETING].trigger()

    desk.window.close()

    assert "m0000001" not in desk.library.transcripts


def test_a_meeting_that_cannot_be_deleted_comes_back(desk, monkeypatch):
    monkeypatch.setattr("app.ui.library.deletion.UNDO_S", 0.05)
    desk.open()

    def refuse(meeting_id):
        raise KnownError("The disk cannot be written.")

    monkeypatch.setattr(desk.library, "delete", refuse)

    desk.window.kit.actions[Do.DELETE_MEETING].trigger()

    desk.wait(lambda: desk.window.banners.texts == ("The disk cannot be written.",))
    desk.wait(lambda: "m0000001" in _listed(desk))


def test_an_unreadable_library_is_a_banner(desk):
    desk.library.failure = KnownError("The library is damaged. Its recordings are kept.")

    desk.window.library.refresh()
    desk.wait(lambda: bool(desk.window.banners.texts))

    assert desk.window.banners.texts == ("The library is damaged. Its recordings are kept.",)


def test_unfinished_meetings_are_offered_and_finished(desk):
    meeting = desk.library.transcripts["m0000005"].meeting
    desk.transcribing.unfinished = (meeting,)
    desk.window.pending.check()
    desk.wait(lambda: bool(desk.window.banners.texts))
    assert desk.window.banners.texts == (
        "“Call after the storm” is recorded, but its transcript is not finished.",
    )

    desk.window.pending.finish()
    desk.wait(lambda: desk.window.banners.texts == ("All transcripts are finished.",))

    assert desk.transcribing.refined == [meeting.meeting_id]


def test_a_recovered_meeting_is_offered_once_with_how_much_there_is(desk):
    meeting = replace(desk.library.transcripts["m0000005"].meeting, duration_s=2520.0)
    desk.window.kit.context.recovered = (meeting,)
    desk.transcribing.unfinished = (meeting,)

    desk.window.pending.check()

    desk.wait(lambda: bool(desk.window.banners.texts))
    assert desk.window.banners.texts == (
        "Recovered: 42 min of “Call after the storm”, not transcribed yet.",
    )


def test_meetings_are_filtered_by_person_and_hits_with_them(make_desk):
    with_priya = made.transcript(made.meeting("m0000001", "With her"))
    names = {**made.NAMES, "S3": "Tomas Lind"}
    without = made.transcript(made.meeting("m0000002", "Without"), names=names)
    desk = make_desk([with_priya, without])
    library = desk.window.library
    assert library.filters.isVisible()
    row = library.filters.people.findText("Priya Raman")
    assert library.filters.people.findText("Speaker 4") < 0
    library.filters.people.setCurrentIndex(row)

    shown = [e for e in _entries(desk) if isinstance(e, MeetingSummary)]
    assert [summary.meeting.title for summary in shown] == ["With her"]
    kept = {summary.meeting.meeting_id for summary in shown}
    assert {hit.meeting_id for hit in _search(desk, "the")} <= kept

    library.search.clear()
    desk.wait(lambda: any(isinstance(e, MeetingSummary) for e in _entries(desk)))
    library.filters.people.setCurrentIndex(0)
    assert sum(isinstance(e, MeetingSummary) for e in _entries(desk)) == len(library.meetings)


def test_a_filter_that_leaves_nothing_says_so(make_desk):
    about = replace(
        made.meeting("m0000001", "Long ago"), started_at=made.STARTED.replace(year=2020)
    )
    other = replace(made.meeting("m0000002", "Older"), started_at=made.STARTED.replace(year=2019))
    library = make_desk([made.transcript(about), made.transcript(other)]).window.library
    library.filters.times.setCurrentIndex(library.filters.times.findData(365))

    assert library.nothing.text() == "No meeting of this person and time."
    assert library.nothing.isVisible()


def test_a_paused_queue_begins_no_other_file(desk, tmp_path):
    files = [tmp_path / name for name in ("one.wav", "two.wav", "three.wav")]
    for file in files:
        file.touch()
    _drop(desk, *files)
    bar = desk.window.library.queue_bar
    desk.wait(lambda: len(desk.transcribing.requests) == 1)
    assert bar.count.text() == "2 waiting"

    bar.pause.click()
    desk.transcribing.allow(4)
    desk.wait(lambda: len(_cards(desk)) == 2)
    assert bar.count.text() == "2 waiting, paused"
    assert len(desk.transcribing.requests) == 1
    bar.pause.click()
    desk.wait(lambda: len(desk.transcribing.requests) == 2)
    bar.cancel.click()

    desk.wait(lambda: not _cards(desk))
    assert not bar.isVisible()
    assert len(desk.transcribing.requests) == 2


def test_what_appears_in_the_watched_folder_is_imported(desk, tmp_path):
    inbox, file = desk.window.kit.context.inbox, tmp_path / "memo.m4a"
    inbox.files = [file]

    desk.window.watch.look()
    desk.wait(lambda: len(desk.transcribing.requests) == 1)
    assert inbox.finished == []
    desk.transcribing.allow(4)
    desk.wait(lambda: inbox.finished == [file])

    assert desk.transcribing.requests[0].inputs == {StreamId.MIX: file}


def test_a_watched_folder_that_is_gone_is_said_once(desk):
    desk.window.kit.context.inbox.failure = KnownError("The watched folder is gone.")

    desk.window.watch.look()
    desk.wait(lambda: "The watched folder is gone." in desk.window.banners.texts)
    desk.window.banners.clear()
    desk.window.watch.take_settings()  # of which none is about the folder
    desk.window.watch.look()
    desk.wait(lambda: not desk.window.watch._is_looking)

    assert "The watched folder is gone." not in desk.window.banners.texts


def _drag_first_meeting(desk) -> None:
    """Press on the first meeting and move; the button stays down."""
    listed = desk.window.library.list
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    at = QPointF(listed.visualRect(listed.model().index(1)).center())
    for kind, button, place in (
        (QEvent.Type.MouseButtonPress, left, at),
        (QEvent.Type.MouseMove, Qt.MouseButton.NoButton, at + QPointF(60, 0)),
        (QEvent.Type.MouseMove, Qt.MouseButton.NoButton, at + QPointF(90, 0)),
    ):
        on_screen = QPointF(listed.viewport().mapToGlobal(place.toPoint()))
        event = QMouseEvent(kind, place, on_screen, button, left, none)
        QApplication.sendEvent(listed.viewport(), event)


@pytest.fixture
def carried(monkeypatch) -> list[Path]:
    """Files that were dragged out, without a real drag."""
    found: list[Path] = []

    def carry(drag: QDrag, _actions: Qt.DropAction) -> Qt.DropAction:
        found.extend(Path(url.toLocalFile()) for url in drag.mimeData().urls())
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", carry)
    return found


def test_a_meeting_is_dragged_out_as_a_file(desk, carried, monkeypatch):
    monkeypatch.setattr(QGuiApplication, "mouseButtons", lambda: Qt.MouseButton.LeftButton)

    _drag_first_meeting(desk)
    desk.wait(lambda: bool(carried))

    assert [path.name for path in carried] == ["Release planning.md"]
    assert carried[0].read_text().startswith("# Release planning")
    assert desk.exporting.written[0][0] == "md"


def test_a_button_that_is_let_go_early_drags_nothing(desk, carried, monkeypatch):
    looks: list[bool] = []

    def let_go() -> Qt.MouseButton:
        looks.append(bool(desk.exporting.written))
        return Qt.MouseButton.NoButton

    monkeypatch.setattr(QGuiApplication, "mouseButtons", let_go)
    _drag_first_meeting(desk)

    desk.wait(lambda: True in looks)
    assert carried == []


def test_a_transcript_that_cannot_be_written_is_told(desk, carried, monkeypatch):
    monkeypatch.setattr(QGuiApplication, "mouseButtons", lambda: Qt.MouseButton.LeftButton)
    desk.exporting.failure = KnownError("The disk is full.")

    _drag_first_meeting(desk)
    desk.wait(lambda: bool(desk.window.banners.texts))

    assert desk.window.banners.texts == ("The disk is full.",)
    assert carried == []


def test_headings_stay_where_they_are(desk):
    model = desk.window.library.model

    dragged = [
        bool(model.flags(model.index(row)) & Qt.ItemFlag.ItemIsDragEnabled) for row in range(2)
    ]

    assert dragged == [False, True]
