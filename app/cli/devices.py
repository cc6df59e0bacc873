"""`crosstalk devices`: what can be recorded."""

from __future__ import annotations

import click

from app.cli.session import common_options, current_session, json_option


@click.command()
@json_option
@common_options
def devices() -> None:
    """List microphones and system audio with the keys that `record` takes."""
    session = current_session()
    found = session.context.recording.list_devices()
    if session.is_json:
        session.writer.json(
            {
                "devices": [
                    {
                        "key": device.key,
                        "name": device.name,
                        "stream": device.stream.value,
                        "default": device.is_default,
                        "rate_hz": device.rate_hz,
                        "channels": device.channels,
                        "headphones": device.is_headphones,
                    }
                    for device in found
                ]
            }
        )
        return
    if not found:
        session.writer.note("There is nothing to record. Run `crosstalk doctor` to see why.")
    session.writer.table(
        ["stream", "", "key", "name", "format"],
        [
            [
                device.stream.value,
                "*" if device.is_default else "",
                device.key,
                device.name,
                f"{device.rate_hz} Hz, {device.channels} ch"
                + (", headphones" if device.is_headphones else ""),
            ]
            for device in found
        ],
    )
