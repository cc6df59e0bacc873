import pytest

pytestmark = pytest.mark.unit


def test_the_list_is_set_shown_and_emptied(line, tmp_path):
    (tmp_path / "terms.txt").write_text("Ada: eider\n???\nGrace\n")

    told = line.run("vocabulary", "set", str(tmp_path / "terms.txt"))
    shown = line.json("vocabulary", "show")
    as_text = line.run("vocabulary", "show")
    line.run("vocabulary", "clear")

    assert "2 terms hold" in told.stdout
    assert "left out line 2" in told.stderr
    assert shown["terms"] == [
        {"text": "Ada", "sounds_like": ["eider"]},
        {"text": "Grace", "sounds_like": []},
    ]
    assert shown["bad"] == [{"line": 2, "text": "???", "reason": "it has no letter"}]
    assert as_text.stdout == "Ada: eider\n???\nGrace\n"
    assert "left out line 2" in as_text.stderr
    assert line.json("vocabulary", "show") == {"terms": [], "bad": []}
    assert "The list is empty" in line.run("vocabulary", "show").stderr


def test_the_outcome_of_setting_is_one_object_with_json(line, tmp_path):
    (tmp_path / "terms.txt").write_text("Ada\n")

    assert line.json("vocabulary", "set", str(tmp_path / "terms.txt")) == {
        "terms": [{"text": "Ada", "sounds_like": []}],
        "bad": [],
    }


def test_a_list_that_is_no_text_is_refused_and_the_old_one_stays(line, tmp_path):
    (tmp_path / "good.txt").write_text("Ada\n")
    (tmp_path / "bad.bin").write_bytes(b"\xff\xfe\x00\x81")
    line.run("vocabulary", "set", str(tmp_path / "good.txt"))

    result = line.run("vocabulary", "set", str(tmp_path / "bad.bin"), exit_code=2)

    assert "UTF-8" in result.stderr
    assert line.json("vocabulary", "show")["terms"] == [{"text": "Ada", "sounds_like": []}]
