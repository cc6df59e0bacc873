"""The network's shape; equality with the published weights is a contract test."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def network():
    import torch

    from app.backends.campplus_network import CampPlus

    torch.manual_seed(0)
    return CampPlus().eval()


@pytest.mark.parametrize("frame_count", [28, 100, 333])
def test_any_length_gives_one_vector(network, frame_count):
    import torch

    with torch.no_grad():
        vectors = network(torch.randn(2, frame_count, 80))

    assert vectors.shape == (2, 192)
    assert torch.isfinite(vectors).all()


def test_stretches_of_a_batch_do_not_influence_each_other(network):
    import torch

    features = torch.randn(3, 150, 80)

    with torch.no_grad():
        batch = network(features)
        alone = network(features[1:2])

    torch.testing.assert_close(batch[1:2], alone, atol=1e-4, rtol=1e-4)


def test_load_network_refuses_a_checkpoint_of_another_shape(tmp_path):
    import torch

    from app.backends.campplus_network import load_network

    torch.save({"head.conv1.weight": torch.zeros(1)}, tmp_path / "other.pt")

    with pytest.raises(RuntimeError, match="state_dict"):
        load_network(tmp_path / "other.pt")
