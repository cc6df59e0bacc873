"""Prints which devices are the defaults of Windows whenever that changes; a helper process.

A PortAudio sees a change only when it starts anew, and one with open streams cannot. Ends when
its standard input does.
"""

from __future__ import annotations

import sys
import threading
from typing import Any, TextIO

from app.audio.windows import default_keys, load_pyaudio
from app.domain.ids import StreamId

LOOK_EVERY_S = 2.0


def tell_changes(module: Any, output: TextIO, is_over: threading.Event, every_s: float) -> None:
    """Write "stream, tab, key" to `output` for each default at first and when it changes."""
    told: dict[StreamId, str] = {}
    while not is_over.is_set():
        for stream, key in default_keys(module).items():
            if told.get(stream) != key:
                told[stream] = key
                output.write(f"{stream}\t{key}\n")
        output.flush()
        is_over.wait(every_s)


def main() -> None:
    """Run until standard input ends."""
    is_over = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        is_over.set()

    listener = threading.Thread(target=listen, name="parent", daemon=True)
    listener.start()
    tell_changes(load_pyaudio(), sys.stdout, is_over, LOOK_EVERY_S)


if __name__ == "__main__":
    main()
