"""Start Crosstalk: `crosstalk` or `python -m app`."""

from __future__ import annotations


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    import multiprocessing

    # A frozen build starts its engine process through this file; there it ends here.
    multiprocessing.freeze_support()

    from app.lib.heap import share_heaps

    share_heaps()

    from app.bootstrap import program
    from app.cli.main import run

    run(program())


if __name__ == "__main__":
    main()
