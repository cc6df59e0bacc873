"""Links that open a meeting in the window: `crosstalk://meeting/ID`."""

from __future__ import annotations

import re

from app.domain.errors import KnownError
from app.domain.ids import MeetingId
from app.domain.sentences import say

SCHEME = "crosstalk://"
_LINK = re.compile(r"crosstalk://meeting/([0-9a-z_-]{1,64})/?", re.IGNORECASE)


def link_to(meeting_id: MeetingId) -> str:
    """The link that opens a meeting on the machine that holds it."""
    return f"{SCHEME}meeting/{meeting_id}"


def is_link(text: str) -> bool:
    """Whether a text wants to be a link of this program."""
    return text.lower().startswith(SCHEME)


def meeting_of(link: str) -> MeetingId:
    """The meeting that a link names; whether it exists, the library knows.

    Raises:
        KnownError: The link names no meeting.
    """
    found = _LINK.fullmatch(link.strip())
    if found is None:
        raise KnownError(
            say(
                "“{link}” is no link to a meeting. A link looks like crosstalk://meeting/ID; "
                "`crosstalk library list` shows the ids.",
                link=link[:80],
            )
        )
    return MeetingId(found.group(1))
