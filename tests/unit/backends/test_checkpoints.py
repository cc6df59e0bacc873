"""Files of weights: read without their code, and told when unusable."""

import pytest
import torch

from app.backends.checkpoints import read_checkpoint
from app.domain.errors import Category, KnownError

pytestmark = pytest.mark.unit


def test_content_of_a_checkpoint_is_given(tmp_path):
    torch.save({"weights": torch.ones(3)}, tmp_path / "model.pth")

    with read_checkpoint(tmp_path / "model.pth", "asteroid") as content:
        assert content["weights"].sum() == 3


def test_damaged_file_is_told_with_the_library_it_was_meant_for(tmp_path):
    (tmp_path / "model.pth").write_bytes(b"no checkpoint")

    with (
        pytest.raises(KnownError, match=r"model\.pth holds no separation network of asteroid"),
        read_checkpoint(tmp_path / "model.pth", "asteroid"),
    ):
        pytest.fail("there is nothing to build from")


def test_content_that_nothing_can_be_built_from_is_told(tmp_path):
    torch.save({"weights": torch.ones(3)}, tmp_path / "model.pth")

    with (
        pytest.raises(KnownError, match=r"of pyannote\.audio \(KeyError\)") as caught,
        read_checkpoint(tmp_path / "model.pth", "pyannote.audio") as content,
    ):
        content["hyper_parameters"]

    assert caught.value.category is Category.MISSING_MODEL


def test_class_that_is_not_known_is_refused(tmp_path):
    torch.save({"size": Size()}, tmp_path / "model.pth")

    with read_checkpoint(tmp_path / "model.pth", "asteroid", [Size]) as content:
        assert isinstance(content["size"], Size)
    with (
        pytest.raises(KnownError, match="UnpicklingError"),
        read_checkpoint(tmp_path / "model.pth", "asteroid"),
    ):
        pytest.fail("there is nothing to build from")


class Size:
    """Something that a checkpoint may hold beside tensors."""
