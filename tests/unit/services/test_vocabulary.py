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
    bad = [BadEntry(line=n, text="?", complaint="it has no letter") for n in range(1, 6)]

    assert complaint_about([], "list") is None
    text = complaint_about(bad, "list")
    assert text is not None
    assert text.startswith("list: left out line 1, ")
    assert text.count("it has no letter") == 3
    assert text.endswith("; and 2 more.")


def test_a_file_adds_what_the_list_lacks(tmp_path):
    service = VocabularyService(tmp_path / "vocabulary.txt")
    service.save("# people\nAda")
    file = tmp_path / "more.txt"
    file.write_text("ADA\nKubernetes: cuber netties\n!!\n")

    added = service.add(file)

    assert [term.text for term in added.terms] == ["Kubernetes"]
    assert [entry.line for entry in added.bad] == [3]
    assert service.text() == "# people\nAda\nKubernetes: cuber netties\n"


def test_a_list_that_is_full_takes_what_fits(tmp_path):
    service = VocabularyService(tmp_path / "vocabulary.txt")
    service.save("".join(f"term {n}\n" for n in range(999)))
    file = tmp_path / "more.txt"
    file.write_text("one more\nand another\n")

    added = service.add(file)

    assert [term.text for term in added.terms] == ["one more"]
    assert [(entry.line, entry.text) for entry in added.bad] == [(2, "and another")]
    assert len(service.read().terms) == 1000


def test_the_list_is_copied_to_a_file(tmp_path):
    service = VocabularyService(tmp_path / "vocabulary.txt")
    service.save("# people\nAda: eider\n")

    service.copy_to(tmp_path / "copy.txt")

    assert (tmp_path / "copy.txt").read_text() == "# people\nAda: eider\n"
    (tmp_path / "file").write_text("")
    with pytest.raises(KnownError, match="cannot be written"):
        service.copy_to(tmp_path / "file" / "copy.txt")
