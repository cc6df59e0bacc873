from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import sqlite

from app.store import migrations
from app.store.db import make_engine
from app.store.tables import Base, UtcDateTime

pytestmark = pytest.mark.unit


def is_ours(_item: Any, name: str, kind: str, _is_reflected: bool, _other: Any) -> bool:
    return not (kind == "table" and name.startswith("segment_search"))


def test_tables_are_what_the_migrations_make(tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "x.sqlite3", has_foreign_keys=False)
    with engine.execution_options(is_writer=True).begin() as connection:
        migrations.upgrade(connection, now=datetime(2026, 1, 1, tzinfo=UTC))

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": is_ours, "compare_server_default": True}
        )
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()

    assert differences == []


def test_datetime_of_any_zone_is_stored_in_utc() -> None:
    kind, dialect = UtcDateTime(), sqlite.dialect()
    noon_in_berlin = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=1)))

    stored = kind.process_bind_param(noon_in_berlin, dialect)

    assert stored == "2026-01-01T11:00:00.000000+00:00"
    assert kind.process_result_value(stored, dialect) == noon_in_berlin
