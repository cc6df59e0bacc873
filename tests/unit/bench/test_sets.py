from __future__ import annotations

import pytest

from app.bench.sets import find_sets, read_turns, read_words, stream_files
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from tests.fakes.audio import write_audio
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit


def test_sets_are_found_at_any_depth_and_by_name(tmp_path):
    write_set(tmp_path / "ami" / "one")
    write_set(tmp_path / "sim" / "two", streams=(StreamId.MIC, StreamId.SYSTEM))

    found = find_sets([tmp_path])
    only = find_sets([tmp_path, tmp_path / "sim"], ["two"])

    assert [s.name for s in found] == ["ami/one", "sim/two"]
    assert set(found[1].streams) == {StreamId.MIC, StreamId.SYSTEM}
    assert found[0].duration_s == 2.0
    assert [s.folder.name for s in only] == ["two"]


def test_a_set_given_twice_counts_once(tmp_path):
    write_set(tmp_path / "one")

    assert len(find_sets([tmp_path, tmp_path / "one"])) == 1


def test_a_folder_without_sets_is_refused(tmp_path):
    with pytest.raises(KnownError, match="There is no reference set in"):
        find_sets([tmp_path])


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path):
    write_set(tmp_path / "one")

    with pytest.raises(KnownError, match="is called three: one"):
        find_sets([tmp_path], ["three"])


def test_the_mix_alone_is_taken_where_there_is_one(tmp_path):
    for name in ("mix.wav", "mic.wav", "system.wav"):
        write_audio(tmp_path / name)

    assert set(stream_files(tmp_path)) == {StreamId.MIX}


@pytest.mark.parametrize("word_times", ["json", "ctm"])
def test_word_times_are_read_from_either_file(tmp_path, word_times):
    (found,) = find_sets([write_set(tmp_path / "one", "so it is", word_times=word_times)])

    words = read_words(found)

    assert [(w.text, w.start_s, w.end_s) for w in words] == [
        ("so", 0.0, 1.0),
        ("it", 1.0, 2.0),
        ("is", 2.0, 3.0),
    ]
    assert {(w.speaker, w.stream) for w in words} == {("x", StreamId.MIX)}


def test_words_of_two_streams_keep_their_stream(tmp_path):
    both = (StreamId.SYSTEM, StreamId.MIC)
    (found,) = find_sets([write_set(tmp_path / "one", streams=both)])

    assert {word.stream for word in read_words(found)} == {StreamId.SYSTEM}


def test_a_set_without_word_times_has_turns(tmp_path):
    (found,) = find_sets([write_set(tmp_path / "one", word_times="")])

    assert read_words(found) == ()
    assert [(t.speaker, t.words, t.end_s) for t in read_turns(found)] == [("x", "hello there", 2.0)]


def test_a_broken_reference_is_refused(tmp_path):
    (found,) = find_sets([write_set(tmp_path / "one")])
    (found.folder / "ref.seglst.json").write_text("{")

    with pytest.raises(KnownError, match="cannot be read"):
        read_turns(found)
