"""Forward-only migrations of the library, run from code by Alembic without an ini file.

A new version is one file in `versions/`, its revision the next number in four digits. It says how
to go forward only; `app.store.opening` makes a backup first.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

_FOLDER = Path(__file__).resolve().parent


def _config() -> Config:
    config = Config()
    # The option is read with ConfigParser's interpolation, which takes "%" as special.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def newest_version() -> str:
    """The version that this program reads and writes, for example "0002"."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError(f"no migrations in {_FOLDER}")
    return head


def known_versions() -> tuple[str, ...]:
    """All versions that this program can read, oldest first."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(sorted(script.revision for script in scripts))


def version_of(connection: Connection) -> str | None:
    """The version of an open library; None for a database without one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection, *, now: datetime, to: str = "head") -> None:
    """Bring a library to version `to`, inside the transaction that `connection` is in.

    Args:
        connection: In a write transaction, with foreign keys off; the caller commits.
        now: Recorded as the time of the change.
    """
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    connection.execute(
        text("INSERT INTO schema_changes (version, applied_at) VALUES (:version, :applied_at)"),
        {"version": version_of(connection), "applied_at": now.isoformat(timespec="microseconds")},
    )
