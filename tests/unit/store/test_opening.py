import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.domain.errors import Category, KnownError
from app.store import migrations
from app.store.db import make_engine
from app.store.library import open_library
from app.store.opening import prepare
from tests.fakes.meetings import (
    MEETING,
    make_meeting,
    make_turn,
    make_update,
    patch_of,
    turns_patch,
)

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 4, 15, 30, 5, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite3"


def make_version_1(path: Path) -> None:
    """A library as version 1 wrote it, with one meeting of two words."""
    engine = make_engine(path, has_foreign_keys=False)
    with engine.execution_options(is_writer=True).begin() as connection:
        migrations.upgrade(connection, now=NOW, to="0001")
        for statement in (
            "INSERT INTO meetings VALUES ('0badcafe', 'Old one',"
            " '2025-01-02T03:04:05.000000+00:00', 'done', 'recording', 1.0, 'en', 'final')",
            "INSERT INTO tracks VALUES ('0badcafe', 'S1', 1, NULL, 'none', NULL, NULL, 'Ann', 1,"
            " NULL, 0)",
            "INSERT INTO segments VALUES (1, '0badcafe', 'a', 3, 'final', 'mic', 0, 16000, 'S1',"
            " 0.5, 'en', 0, NULL, NULL, NULL, NULL, NULL, 'hello there', 2)",
            "INSERT INTO words VALUES (1, 0, 0, 'hello', 0, 8000, 0.5)",
            "INSERT INTO words VALUES (1, 0, 1, 'there', 8000, 16000, NULL)",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()


def make_version_2(path: Path) -> None:
    """A library as version 2 wrote it: the meeting of version 1 with a metric."""
    make_version_1(path)
    engine = make_engine(path, has_foreign_keys=False)
    with engine.execution_options(is_writer=True).begin() as connection:
        migrations.upgrade(connection, now=NOW, to="0002")
        connection.exec_driver_sql(
            "INSERT INTO stage_metrics VALUES ('0badcafe', 'asr', 0, 1, 0, 0, 0, 0, 0, 0, 0)"
        )
    engine.dispose()


def version(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_new_library_is_made_at_the_newest_version_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "library.sqlite3"

    notice = prepare(path, now=NOW)

    assert notice is None
    assert version(path) == migrations.newest_version()
    assert names(path.parent) == ["library.sqlite3"]


def test_current_library_is_left_as_it_is(path: Path) -> None:
    prepare(path, now=NOW)
    before = path.read_bytes()

    prepare(path, now=NOW)

    assert path.read_bytes() == before
    assert names(path.parent) == ["library.sqlite3"]


def test_older_library_is_migrated_with_its_data(path: Path) -> None:
    make_version_1(path)

    with open_library(path) as library:
        transcript = library.transcripts.transcript(MEETING)
        library.transcripts.apply(MEETING, patch_of(make_update("b", "and more", start=20_000)))
        found = library.transcripts.search("hello")

    assert library.opening_notice is None
    assert version(path) == migrations.newest_version()
    assert transcript.meeting.title == "Old one"
    assert [transcript.text_of(s) for s in transcript.segments] == ["hello there"]
    assert transcript.label_of(transcript.segments[0].track) == "Ann"
    assert transcript.segments[0].alternatives == ()
    assert [hit.snippet for hit in found] == ["[hello] there"]


def test_library_of_version_2_takes_turns_after_the_migration(path: Path) -> None:
    make_version_2(path)
    turn = make_turn("S1", 0, 12_000)

    with open_library(path) as library:
        before = library.transcripts.transcript(MEETING)
        library.transcripts.apply(MEETING, turns_patch(turn))
        after = library.transcripts.transcript(MEETING)

    assert version(path) == migrations.newest_version()
    assert version(next(path.parent.glob("*.backup-0002-*"))) == "0002"
    assert before.turns == ()
    assert [before.text_of(s) for s in before.segments] == ["hello there"]
    assert after == replace(before, turns=(turn,))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT stage FROM stage_metrics").fetchall() == [("asr",)]


def test_older_library_is_backed_up_before(path: Path) -> None:
    make_version_1(path)

    prepare(path, now=NOW)

    backup = path.with_name("library.sqlite3.backup-0001-20260304T153005Z")
    assert names(path.parent) == ["library.sqlite3", backup.name]
    assert version(backup) == "0001"
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT text FROM words").fetchall() == [("hello",), ("there",)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_failed_migration_leaves_the_old_library(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_version_1(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE stage_metrics (in_the_way TEXT)")
    rows_before = dump(path)

    with pytest.raises(Exception, match="stage_metrics"):
        prepare(path, now=NOW)

    assert version(path) == "0001"
    assert dump(path) == rows_before


def dump(path: Path) -> list[str]:
    """The library as text, without the index's own tables."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.execute("SELECT sql FROM sqlite_master ORDER BY name"))


def test_voiceprints_of_version_3_stay_and_are_nobodys_lesson(path: Path) -> None:
    make_version_2(path)
    engine = make_engine(path, has_foreign_keys=False)
    with engine.execution_options(is_writer=True).begin() as connection:
        migrations.upgrade(connection, now=NOW, to="0003")
        connection.exec_driver_sql(
            "INSERT INTO speakers VALUES"
            " ('p-1', 'Ann', 'ann', '2025-01-02T03:04:05.000000+00:00', 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO voiceprints VALUES (1, 'p-1', 'm', X'0000803F', 4.0,"
            " '2025-01-02T03:04:05.000000+00:00')"
        )
    engine.dispose()

    with open_library(path) as library:
        (kept,) = library.speakers.voiceprints()

    assert (kept.speaker_id, kept.vector.tolist(), kept.meeting_id) == ("p-1", [1.0], None)


def test_newer_library_is_refused_and_untouched(path: Path) -> None:
    prepare(path, now=NOW)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0917'")
    before = path.read_bytes()

    with pytest.raises(KnownError, match=r"newer Crosstalk .*version 917.*up to 4\)") as caught:
        prepare(path, now=NOW)

    assert caught.value.category is Category.LIBRARY
    assert path.read_bytes() == before
    assert names(path.parent) == ["library.sqlite3"]


def test_database_of_another_program_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (title TEXT)")

    with pytest.raises(KnownError, match="another program"):
        prepare(path, now=NOW)

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


def damage_with_text(path: Path) -> None:
    path.write_text("this is no database\n" * 1000)


def damage_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:-4096] = b"\xa5" * (len(content) - 8192)
    path.write_bytes(content)


def damage_by_truncation(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [damage_with_text, damage_in_the_middle, damage_by_truncation])
def test_damaged_library_is_set_aside_and_replaced(path: Path, damage: object) -> None:
    with open_library(path) as library:
        library.meetings.create(make_meeting())
    assert callable(damage)
    damage(path)
    damaged = path.read_bytes()

    notice = prepare(path, now=NOW)

    aside = path.with_name("library.sqlite3.corrupt-20260304T153005Z")
    assert aside.read_bytes() == damaged
    assert notice is not None
    assert aside.name in notice
    assert "recordings are still in the recordings folder" in notice
    with open_library(path) as library:
        assert library.opening_notice is None
        assert library.shelf.list() == ()


def test_log_of_a_damaged_library_goes_with_it(path: Path) -> None:
    damage_with_text(path)
    path.with_name("library.sqlite3-wal").write_bytes(b"left over")

    prepare(path, now=NOW)

    assert path.with_name("library.sqlite3.corrupt-20260304T153005Z-wal").exists()


def test_second_damage_in_one_second_keeps_the_first(path: Path) -> None:
    damage_with_text(path)
    prepare(path, now=NOW)
    damage_with_text(path)

    prepare(path, now=NOW)

    asides = [name for name in names(path.parent) if "corrupt" in name]
    assert asides == [
        "library.sqlite3.corrupt-20260304T153005Z",
        "library.sqlite3.corrupt-20260304T153005Z-2",
    ]


def test_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(KnownError, match="cannot be opened"):
        prepare(tmp_path / "file" / "library.sqlite3", now=NOW)


def test_locked_older_library_is_neither_migrated_nor_set_aside(path: Path) -> None:
    make_version_1(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(KnownError, match="in use by another program"):
            prepare(path, now=NOW, busy_timeout_s=0.05)

    assert version(path) == "0001"
    assert not [name for name in names(path.parent) if "corrupt" in name]


def test_folder_name_with_percent_sign_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "100% mine" / "library.sqlite3"

    prepare(path, now=NOW)

    assert version(path) == migrations.newest_version()


def test_names_of_the_migrations_are_their_versions():
    folder = Path(migrations.__file__).parent
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)

    assert migrations.newest_version() == scripts.get_current_head()
    assert migrations.known_versions() == tuple(
        sorted(script.revision for script in scripts.walk_revisions())
    )
