import pytest

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, new_meeting_id
from app.domain.links import is_link, link_to, meeting_of

pytestmark = pytest.mark.unit


def test_a_link_names_its_meeting():
    meeting_id = new_meeting_id()

    assert meeting_of(link_to(meeting_id)) == meeting_id
    assert meeting_of(" CROSSTALK://meeting/Ab12/ ") == MeetingId("Ab12")


@pytest.mark.parametrize(
    "link",
    [
        "crosstalk://",
        "crosstalk://meeting/",
        "crosstalk://meeting/a/b",
        "crosstalk://meeting/../x",
        "crosstalk://meeting/a b",
        "crosstalk://meeting/" + "a" * 65,
        "https://meeting/ab",
    ],
)
def test_what_names_no_meeting_is_refused(link):
    with pytest.raises(KnownError, match="no link to a meeting"):
        meeting_of(link)


def test_only_links_of_this_program_are_links():
    assert is_link("Crosstalk://anything")
    assert not is_link("crosstalk")
    assert not is_link("https://example.org")
