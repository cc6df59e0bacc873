import pytest

from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit


def test_terms_and_words_are_told_for_both_runs(line, tmp_path):
    write_set(tmp_path / "sets" / "one", "Kubernetes is up")
    write_set(tmp_path / "sets" / "two", "hello there")
    (tmp_path / "terms.txt").write_text("Kubernetes\n???\n")

    found = line.run(
        *("bench", "lm", "--set", str(tmp_path / "sets"), "--point", "balanced"),
        *("--vocabulary", str(tmp_path / "terms.txt"), "--fig", str(tmp_path / "out.png")),
        exit_code=1,
    )

    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    assert "left out line 2" in found.stderr
    assert "1 terms, balanced" in found.stdout
    assert "without them: 1 said, 0.0 % right" in found.stdout
    assert "with them: 1 said, 0.0 % right" in found.stdout
    assert "MISS  term recall short of 20 points more: 20 points" in found.stdout
    assert "ok    general WER worse by: 0 points (at most 0.1)" in found.stdout
