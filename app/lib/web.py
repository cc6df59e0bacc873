"""Reads one JSON document from the web; nothing imports this before somebody asks for it."""

from __future__ import annotations

import json
import urllib.request

MAX_BYTES = 16_000_000
"""More is no answer to a question of ours."""
_HEADERS = {"User-Agent": "crosstalk", "Accept": "application/json"}
"""All that is told about this machine; the library's own User-Agent names the Python version."""


def get_json(url: str, timeout_s: float) -> object:
    """Ask a server once.

    Args:
        url: Of the document; https, but for tests.
        timeout_s: Until it connects, and between two pieces of the answer.

    Raises:
        OSError: No connection, no answer in time, or an answer that is an error.
        ValueError: The answer is too long or not JSON.
    """
    request = urllib.request.Request(url, headers=_HEADERS)  # noqa: S310 - a constant of ours
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310
        content = answer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"the answer of {url} is too long")
    found: object = json.loads(content)
    return found
