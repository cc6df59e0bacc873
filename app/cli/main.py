"""The `crosstalk` command: global options, exit codes, and the window when no command is named."""

from __future__ import annotations

import io
import logging
import sys
from typing import Any

import click

from app import __version__
from app.cli.demo import play_headless
from app.cli.lazy import LazyGroup
from app.cli.session import Program, common_options, current_session
from app.cli.window import has_display, link_command, show_window
from app.domain.errors import Cancelled, Category, KnownError
from app.domain.links import is_link

log = logging.getLogger(__name__)

EXIT_USAGE = 2
EXIT_PART_WAY = 3
EXIT_INTERRUPTED = 130
COMMANDS = {
    name: f"app.cli.{name}"
    for name in (
        "transcribe",
        "record",
        "remote",
        "export",
        "library",
        "speakers",
        "models",
        "devices",
        "doctor",
        "bench",
        "mirror",
        "vocabulary",
    )
}
_PART_WAY = {Category.ENGINE, Category.DISK, Category.INTERNAL}


def exit_code_of(error: KnownError) -> int:
    """2 for what the user gave or lacks, 3 for work that failed part-way."""
    return EXIT_PART_WAY if error.category in _PART_WAY else EXIT_USAGE


class CrosstalkGroup(LazyGroup):
    """Turns errors into one sentence and an exit code; opens links to meetings."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; a link is one that opens it."""
        return link_command(cmd_name) if is_link(cmd_name) else super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it cannot handle ends here."""
        try:
            return super().invoke(ctx)
        except KnownError as error:
            _say(str(error))
            ctx.exit(exit_code_of(error))
        except (KeyboardInterrupt, Cancelled, click.Abort):
            # click.Abort is Ctrl-C at a question.
            _say("Interrupted. Everything recorded so far is kept.")
            ctx.exit(EXIT_INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except BrokenPipeError:
            ctx.exit(EXIT_PART_WAY)
        except Exception as error:  # the process boundary: nothing above could explain it
            log.exception("a command failed")
            _say(
                f"Something went wrong inside Crosstalk ({type(error).__name__}). What was "
                "recorded is kept; the details are in the log (logs/crosstalk.log in the data "
                "folder, or run again with -v)."
            )
            ctx.exit(EXIT_PART_WAY)


def _say(text: str) -> None:
    click.echo(f"crosstalk: {text}", err=True)


@click.group(cls=CrosstalkGroup, lazy=COMMANDS, invoke_without_command=True)
@click.option("--demo", is_flag=True, help="Play the sample meeting through the real pipeline.")
@click.option("--headless", is_flag=True, help="With --demo: on the terminal, without a window.")
@click.version_option(__version__, prog_name="crosstalk", message="%(prog)s %(version)s")
@common_options
@click.pass_context
def cli(ctx: click.Context, demo: bool, headless: bool) -> None:
    """Live, speaker-attributed transcripts of meetings, made on this machine.

    Without a command, the window opens; with a link like crosstalk://meeting/ID, on that meeting.
    """
    if ctx.invoked_subcommand is not None:
        if demo or headless:
            raise click.UsageError("--demo and --headless go without a command.")
        return
    if headless and not demo:
        raise click.UsageError("--headless goes with --demo; to record, use `crosstalk record`.")
    session = current_session()
    if demo and (headless or not has_display()):
        play_headless(session)
    else:
        ctx.exit(show_window(session, is_demo=demo))


def run(program: Program, arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code.

    Args:
        arguments: None takes `sys.argv`.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Transcripts hold letters that the encoding of a pipe may lack, on Windows for one.
        sys.stdout.reconfigure(errors="backslashreplace")
    cli.main(args=arguments, prog_name="crosstalk", obj=program)
