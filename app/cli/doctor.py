"""`crosstalk doctor`: is this machine ready?"""

from __future__ import annotations

import click

from app.cli.session import common_options, current_session, json_option

EXIT_MISSED = 1


@click.command()
@click.option("--no-chirp", is_flag=True, help="Play nothing; do not test loopback and echo.")
@json_option
@common_options
@click.pass_context
def doctor(ctx: click.Context, *, no_chirp: bool) -> None:
    """Check sound, disk, models and library; exit 1 if something needs fixing."""
    session = current_session()
    sound = "" if no_chirp else ", and a quiet sound is played"
    session.writer.note(f"Listening to each device for a moment{sound}. Please do not talk ...")
    checks = session.context.diagnostics.run(with_chirp=not no_chirp)
    is_ok = all(check.is_ok for check in checks)
    if session.is_json:
        session.writer.json(
            {
                "ok": is_ok,
                "checks": [
                    {
                        "name": check.name,
                        "ok": check.is_ok,
                        "finding": check.finding,
                        "fix": check.fix,
                    }
                    for check in checks
                ],
            }
        )
    else:
        for check in checks:
            mark = "ok  " if check.is_ok else "FAIL"
            session.writer.result(f"{mark}  {check.name}: {check.finding}")
            if check.fix:
                session.writer.result(f"      {check.fix}")
    if not is_ok:
        ctx.exit(EXIT_MISSED)
