"""`crosstalk models`: the weights on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.session import Session, common_options, current_session, json_option
from app.cli.wording import megabytes, model_record
from app.domain.errors import Category, KnownError
from app.domain.ports import ModelStatus


@click.group()
@common_options
def models() -> None:
    """List, verify, fetch and import weights."""


@models.command("list")
@json_option
@common_options
def list_models() -> None:
    """Show all known models: where they are, licence, size, and whether they fit."""
    session = current_session()
    _show(session, session.context.models.list())


@models.command()
@click.argument("model_id", metavar="[ID]", required=False)
@json_option
@common_options
def verify(model_id: str | None) -> None:
    """Check the sha256 of every file, of one model or of all that are here."""
    session = current_session()
    statuses = session.context.models.verify(model_id)
    _show(session, statuses)
    damaged = [status.model_id for status in statuses if status.state == "damaged"]
    if damaged:
        raise KnownError(
            f"The weights of {', '.join(damaged)} are damaged. "
            f"Get them again with `crosstalk models fetch {damaged[0]}`.",
            category=Category.MISSING_MODEL,
        )


@models.command()
@click.argument("model_id", metavar="ID")
@json_option
@common_options
def fetch(model_id: str) -> None:
    """Get one model from the network, or "default" for all default ones that are missing."""
    session = current_session()
    with session.writer.progress() as progress:
        status = session.context.models.fetch(
            model_id, lambda step, share: progress.update(share, step)
        )
    if session.is_json:
        session.writer.json({"models": [model_record(status)]})
    else:
        missing = session.context.models.missing_defaults()
        is_set = model_id == "default"
        done = "All default models are here." if is_set and not missing else None
        session.writer.result(done or f"{status.model_id} is in {status.folder}.")


@models.command("import")
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
@common_options
def import_models(folder: Path) -> None:
    """Take all models whose files lie in FOLDER, for machines without a network."""
    session = current_session()
    _show(session, session.context.models.import_folder(folder))


def _show(session: Session, statuses: tuple[ModelStatus, ...]) -> None:
    if session.is_json:
        session.writer.json({"models": [model_record(status) for status in statuses]})
        return
    session.writer.table(
        ["id", "role", "state", "size", "memory", "licence", "sha256", "folder"],
        [
            [
                status.model_id + ("*" if status.is_default else ""),
                status.role,
                status.state if status.fits_this_machine else f"{status.state}, too big",
                megabytes(status.size_bytes),
                f"{status.memory_mb} MB",
                status.licence,
                status.sha256[:12],
                str(status.folder),
            ]
            for status in statuses
        ],
    )
    session.writer.note("* belongs to the default set")
