"""Commands that are imported when they are called."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from app.cli.bench import bench
from app.cli.lazy import LazyGroup
from app.cli.main import cli

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("group", [cli, bench], ids=["crosstalk", "bench"])
def test_every_command_that_is_named_is_there(group):
    context = click.Context(group)

    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        assert command.name == name
        assert command.get_short_help_str(), name


def test_a_name_that_nobody_knows_is_no_command():
    group = LazyGroup(lazy={"devices": "app.cli.devices"})

    assert group.get_command(click.Context(group), "nothing") is None
    assert group.list_commands(click.Context(group)) == ["devices"]


def test_the_window_does_not_wait_for_the_benches():
    code = "import sys, app.bootstrap, app.cli.main; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert "app.cli.main" in loaded.stdout.split()
    assert not [name for name in loaded.stdout.split() if name.startswith("app.bench.")]
    assert not {"app.cli.bench", "app.cli.mirror"} & set(loaded.stdout.split())
