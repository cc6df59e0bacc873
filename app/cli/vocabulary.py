"""`crosstalk vocabulary`: the terms that hold for every meeting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.cli.session import Session, common_options, current_session, json_option
from app.domain.vocabulary import Vocabulary
from app.services.vocabulary import read_vocabulary


@click.group()
@common_options
def vocabulary() -> None:
    """Names and terms that every meeting should get right.

    One a line; what one sounds like may follow a colon, with commas between:
    "Siobhan Kavanagh: shivaun kavanah". Up to 1,000 terms. For one meeting alone, give
    --vocabulary FILE to `record` or `transcribe`.
    """


@vocabulary.command()
@json_option
@common_options
def show() -> None:
    """Print the list."""
    session = current_session()
    service = session.context.vocabulary
    if session.is_json:
        session.writer.json(_record(service.read()))
        return
    text = service.text().rstrip()
    if not text:
        session.writer.note(f"The list is empty. It is stored in {service.path}.")
        return
    session.writer.result(text)
    _tell(session, service.read())


@vocabulary.command("set")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@common_options
def set_list(file: Path) -> None:
    """Take FILE as the list, in place of the old one."""
    session = current_session()
    read_vocabulary(file)
    stored = session.context.vocabulary.save(file.read_text(encoding="utf-8-sig"))
    if session.is_json:
        session.writer.json(_record(stored))
        return
    _tell(session, stored)
    session.writer.result(f"{len(stored.terms)} terms hold from the next meeting on.")


@vocabulary.command()
@json_option
@common_options
def clear() -> None:
    """Empty the list."""
    session = current_session()
    stored = session.context.vocabulary.save("")
    if session.is_json:
        session.writer.json(_record(stored))
    else:
        session.writer.result("The list is empty.")


def _record(stored: Vocabulary) -> dict[str, Any]:
    return {
        "terms": [
            {"text": term.text, "sounds_like": list(term.sounds_like)} for term in stored.terms
        ],
        "bad": [
            {"line": entry.line, "text": entry.text, "reason": entry.reason} for entry in stored.bad
        ],
    }


def _tell(session: Session, stored: Vocabulary) -> None:
    for entry in stored.bad:
        session.writer.warning(f"crosstalk: left out {entry.sentence}.")
