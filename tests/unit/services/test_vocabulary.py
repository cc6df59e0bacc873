import pytest

from app.domain.errors import KnownError
from app.domain.vocabulary import BadEntry, VocabularyTerm
from app.services.vocabulary import (
    VocabularyService,
    complaint_about,
    keep_terms,
    kept_terms,
    read_vocabulary,
)

pytestmark = pytest.mark.unit


def test_the_list_is_stored_as_written(tmp_path):
    service = VocabularyService(tmp_path / "deep" / "vocabulary.txt")
    assert (service.text(), service.read().terms) == ("", ())

    stored = service.save("# people\nAda: eider\n!!\n")

    assert stored == service.read()
    assert stored.terms == (VocabularyTerm(text="Ada", sounds_like=("eider",)),)
    assert [entry.line for entry in stored.bad] == [3]
    assert service.text() == "# people\nAda: eider\n!!\n"


def test_a_disk_that_refuses_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(KnownError, match="The old one holds"):
        VocabularyService(tmp_path / "file" / "vocabulary.txt").save("Ada")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "terms.bin"
    path.write_bytes(b"\xff\xfe\x00\x81")

    with pytest.raises(KnownError, match="UTF-8"):
        read_vocabulary(path)


def test_a_meetings_terms_are_kept_beside_its_recording(tmp_path):
    terms = (VocabularyTerm(text="Ada", sounds_like=("eider", "aida")),)

    keep_terms(tmp_path, ())
    assert list(tmp_path.iterdir()) == []
    keep_terms(tmp_path, terms)

    assert kept_terms(tmp_path) == terms


def test_complaints_name_the_first_lines_and_count_the_others():
    bad = [BadEntry(line=n, text="?", reason="it has no letter") for n in range(1, 6)]

    assert complaint_about([], "list") is None
    text = complaint_about(bad, "list")
    assert text is not None
    assert text.startswith("list: left out line 1, ")
    assert text.count("it has no letter") == 3
    assert text.endswith("; and 2 more.")
