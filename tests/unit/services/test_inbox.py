from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.errors import KnownError
from app.settings.schema import ImportSettings

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "inbox"
    made.mkdir()
    (made / "old.wav").write_bytes(b"there before")
    return made


@pytest.fixture
def inbox(program, folder):
    watch(program, folder)
    return program.context.inbox


def watch(program, folder):
    settings = program.settings_file.current
    chosen = ImportSettings(watch_folder=str(folder))
    program.settings_file.save(replace(settings, imports=chosen))


def names(paths):
    return [path.name for path in paths]


def test_nothing_is_watched_by_default(program):
    assert program.context.inbox.look() == ()


def test_files_that_were_there_before_are_left_alone(inbox):
    assert [inbox.look() for _ in range(3)] == [(), (), ()]


def test_a_new_recording_is_reported_once_it_is_complete(inbox, folder):
    inbox.look()
    file = folder / "new.m4a"
    file.write_bytes(b"half")
    assert inbox.look() == ()
    file.write_bytes(b"half and half")
    assert inbox.look() == ()

    assert inbox.look() == (file,)
    assert inbox.look() == ()


def test_what_is_no_recording_or_empty_is_left_alone(inbox, folder):
    inbox.look()
    (folder / "notes.txt").write_text("no sound")
    (folder / "empty.wav").touch()
    (folder / "sub.wav").mkdir()

    assert [inbox.look() for _ in range(3)] == [(), (), ()]


def test_an_imported_file_is_remembered_over_a_start_and_a_lost_one_offered_again(
    program, inbox, folder
):
    inbox.look()
    for name in ("a.wav", "b.wav"):
        (folder / name).write_bytes(b"sound")
    inbox.look()
    assert names(inbox.look()) == ["a.wav", "b.wav"]
    inbox.done(folder / "a.wav")

    again = type(inbox)(program.core)
    again.look()

    assert names(again.look()) == ["b.wav"]


def test_a_file_that_changes_after_its_import_is_new(inbox, folder):
    inbox.look()
    file = folder / "a.wav"
    file.write_bytes(b"sound")
    inbox.look()
    inbox.done(inbox.look()[0])
    file.write_bytes(b"other sound")
    inbox.look()

    assert inbox.look() == (file,)


def test_another_folder_starts_afresh(program, inbox, tmp_path):
    inbox.look()
    other = tmp_path / "other"
    other.mkdir()
    (other / "there.wav").write_bytes(b"sound")
    watch(program, other)

    assert [inbox.look() for _ in range(3)] == [(), (), ()]


@pytest.mark.parametrize("stored", ["", "[]", '{"folder": 1}', "{"])
def test_a_spoiled_memory_imports_nothing_twice(program, inbox, folder, stored):
    inbox.look()
    (program.paths.data_dir / "inbox.json").write_text(stored)

    assert [inbox.look() for _ in range(3)] == [(), (), ()]


def test_a_folder_that_is_gone_is_said_with_a_way_out(program, tmp_path):
    watch(program, tmp_path / "nowhere")

    with pytest.raises(KnownError, match="Choose another one in the settings"):
        program.context.inbox.look()


def test_a_memory_that_cannot_be_written_is_said(program, inbox):
    (program.paths.data_dir / "inbox.json").mkdir(parents=True)

    with pytest.raises(KnownError, match="cannot be written"):
        inbox.look()
