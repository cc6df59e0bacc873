"""The separation network: shapes, levels, and the way through asteroid's checkpoints."""

import pytest
import torch

from app.backends import band_dual_path
from app.backends.band_dual_path import BandDualPath, BandRefiner

pytestmark = pytest.mark.unit


@pytest.fixture
def network():
    torch.manual_seed(1)
    return BandDualPath(channels=8, hidden=8, n_blocks=1).eval()


@pytest.mark.parametrize(
    ("given", "expected"),
    [((5_000,), (2, 5_000)), ((3, 5_000), (3, 2, 5_000)), ((3, 1, 5_000), (3, 2, 5_000))],
)
def test_every_source_is_as_long_as_the_mixture(network, given, expected):
    with torch.no_grad():
        sources = network(torch.randn(given))

    assert sources.shape == expected


def test_sources_scale_with_the_mixture(network):
    mixture = torch.randn(16_000)

    with torch.no_grad():
        plain, loud = network(mixture), network(10 * mixture)

    torch.testing.assert_close(loud, 10 * plain, rtol=1e-3, atol=1e-3)


def test_untrained_masks_keep_the_mixture(network):
    """Masks begin near one half each, so that training starts from the mixture itself."""
    torch.nn.init.zeros_(network.leave)
    mixture = torch.randn(16_000)

    with torch.no_grad():
        sources = network(mixture)

    torch.testing.assert_close(sources.sum(0), mixture, rtol=1e-3, atol=1e-3)


def test_checkpoint_is_loaded_by_asteroid_under_its_name(network, tmp_path):
    band_dual_path.register()
    band_dual_path.register()
    torch.save(network.serialize(), tmp_path / "model.pth")
    mixture = torch.randn(16_000)

    from asteroid.models import BaseModel

    loaded = BaseModel.from_pretrained(str(tmp_path / "model.pth")).eval()

    assert isinstance(loaded, BandDualPath)
    with torch.no_grad():
        torch.testing.assert_close(loaded(mixture), network(mixture))


def test_bands_that_miss_a_bin_are_refused():
    with pytest.raises(ValueError, match="bands"):
        BandDualPath(bands=(4, 4))


@pytest.fixture
def refiner():
    torch.manual_seed(1)
    return BandRefiner(channels=8, hidden=8, n_blocks=1).eval()


def shares(samples=16_000, seed=1):
    """A mixture with two voices that share its bins, (3, samples)."""
    mixture = torch.randn(samples, generator=torch.Generator().manual_seed(seed))
    spectrum = torch.fft.rfft(mixture)
    share = torch.linspace(0.1, 0.9, len(spectrum))
    first = torch.fft.irfft(spectrum * share, samples)
    return torch.stack([mixture, first, mixture - first])


def test_untrained_refiner_lets_the_estimates_pass(refiner):
    heard = shares()

    with torch.no_grad():
        refined = refiner(heard)

    inner = slice(512, -512)  # the ends are in too few frames
    torch.testing.assert_close(refined[:, inner], heard[1:, inner], rtol=0.05, atol=0.05)


def test_refiner_says_one_or_many(refiner):
    torch.nn.init.normal_(refiner.leave)
    heard = torch.stack([shares(), shares(seed=2)])

    with torch.no_grad():
        both = refiner(heard)
        one = refiner(heard[1])

    assert both.shape == (2, 2, 16_000)
    torch.testing.assert_close(one, both[1], rtol=1e-3, atol=1e-4)
    assert (both - heard[:, 1:]).abs().max() > 0.1


def test_refined_voices_scale_with_the_mixture(refiner):
    torch.nn.init.normal_(refiner.leave)

    with torch.no_grad():
        plain, loud = refiner(shares()), refiner(10 * shares())

    torch.testing.assert_close(loud, 10 * plain, rtol=1e-2, atol=1e-2)


def test_refiner_is_of_two_voices():
    with pytest.raises(ValueError, match="two voices"):
        BandRefiner(n_src=3)


def test_refiner_comes_back_through_asteroid(refiner, tmp_path):
    band_dual_path.register()
    torch.save(refiner.serialize(), tmp_path / "model.pth")

    from asteroid.models import BaseModel

    loaded = BaseModel.from_pretrained(str(tmp_path / "model.pth")).eval()

    assert isinstance(loaded, BandRefiner)
    with torch.no_grad():
        torch.testing.assert_close(loaded(shares()), refiner(shares()))
