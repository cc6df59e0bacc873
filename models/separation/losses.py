"""What training minimises and what it is judged by."""

from __future__ import annotations

import torch
from torch import Tensor

# Soft ceilings: an error this far below its reference is good enough.
ACTIVE_CEILING = 10**-3.0
INACTIVE_CEILING = 10**-2.5
PAIRED_CEILING = 10**-1.8


def permutation_invariant(estimates: Tensor, sources: Tensor, mixture: Tensor) -> Tensor:
    """Negative SNR in dB of active sources and leakage into inactive ones, best pairing.

    Args:
        estimates: (batch, 2, samples).
        sources: (batch, 2, samples); a source of zeros is inactive.
        mixture: (batch, samples).
    """
    pairs = [
        _errors_db(estimates[:, order], sources, mixture).sum(-1) for order in ([0, 1], [1, 0])
    ]
    return torch.minimum(pairs[0], pairs[1]).mean() / 2


def paired(estimates: Tensor, sources: Tensor, mixture: Tensor) -> Tensor:
    """As `permutation_invariant`, where the first estimate is of the first source.

    What is better than `PAIRED_CEILING` is good enough: silence is learned in minutes, and would
    drown what two voices have to teach. A source that is 30 dB below the mixture is inactive.
    """
    return _errors_db(
        estimates, sources, mixture, (PAIRED_CEILING, PAIRED_CEILING), least=1e-3
    ).mean()


def _errors_db(
    estimates: Tensor,
    sources: Tensor,
    mixture: Tensor,
    ceilings: tuple[float, float] = (ACTIVE_CEILING, INACTIVE_CEILING),
    *,
    least: float = 0.0,
) -> Tensor:
    """What is wrong with each estimate, dB, (batch, 2)."""
    mixture_energy = mixture.pow(2).sum(-1, keepdim=True) + 1e-8
    source_energy = sources.pow(2).sum(-1)
    error = (estimates - sources).pow(2).sum(-1)
    active = 10 * torch.log10(error / (source_energy + 1e-8) + ceilings[0])
    leaked = 10 * torch.log10(error / mixture_energy + ceilings[1])
    return torch.where(source_energy > least * mixture_energy, active, leaked)


def spectral(estimates: Tensor, sources: Tensor, mixture: Tensor) -> Tensor:
    """Mean squared error of magnitudes to the power of 0.3, at the level of the mixture.

    Every bin has something to teach, soft ones too, where SNR listens to the loudest.

    Source: the compressed loss of Ephrat and others, "Looking to listen" (2018).
    """
    level = mixture.pow(2).mean(-1)[:, None, None].sqrt() + 1e-5
    found, wanted = (_strengths(waves / level) for waves in (estimates, sources))
    return (found - wanted).pow(2).mean()


def _strengths(waves: Tensor) -> Tensor:
    window = torch.hann_window(1024, device=waves.device)
    spectra = torch.stft(waves.flatten(0, 1), 1024, 512, window=window, return_complex=True)
    return spectra.abs().clamp_min(1e-4).pow(0.3)


def clustering(embeddings: Tensor, spectra: Tensor) -> Tensor:
    """Deep clustering, whitened: bins that the same talker rules have to look alike; in [0, 2].

    It knows no order of talkers, so it teaches from the first step on, where the permutation-
    invariant loss has a long plateau.

    Args:
        embeddings: (batch, bins, size).
        spectra: (batch, 2, bins), magnitudes of both sources; both talk.

    Source: Wang, Le Roux and Hershey, "Alternative objective functions for deep clustering" (2018).
    """
    weights = spectra.sum(1).pow(0.5)
    weights = weights / weights.sum(-1, keepdim=True)
    root = weights.sqrt().unsqueeze(-1)
    rules = (spectra[:, 0] > spectra[:, 1]).float()
    labels = torch.stack([rules, 1 - rules], dim=-1) * root
    embedded = embeddings * root
    crossed = embedded.transpose(1, 2) @ labels
    ridge = 1e-4 * torch.eye(embedded.shape[-1], device=embedded.device)
    inner = embedded.transpose(1, 2) @ embedded + ridge
    shares = (labels.transpose(1, 2) @ labels).diagonal(dim1=1, dim2=2) + 1e-4
    explained = torch.linalg.solve(inner, crossed) * crossed / shares.unsqueeze(1)
    return (2 - explained.sum(dim=(1, 2))).mean()


def si_sdr(estimate: Tensor, source: Tensor) -> Tensor:
    """Scale-invariant signal-to-distortion ratio in dB over the last axis."""
    estimate = estimate - estimate.mean(-1, keepdim=True)
    source = source - source.mean(-1, keepdim=True)
    scale = (estimate * source).sum(-1, keepdim=True) / (source.pow(2).sum(-1, keepdim=True) + 1e-8)
    wanted = scale * source
    error = (estimate - wanted).pow(2).sum(-1) + 1e-8
    return 10 * torch.log10(wanted.pow(2).sum(-1) / error + 1e-8)


def improvement(estimates: Tensor, sources: Tensor, mixture: Tensor) -> Tensor:
    """Gain in SI-SDR over the mixture in dB, mean of both sources, best pairing; (batch,)."""
    before = si_sdr(mixture.unsqueeze(1).expand_as(sources), sources).mean(-1)
    after = torch.maximum(
        si_sdr(estimates, sources).mean(-1), si_sdr(estimates.flip(1), sources).mean(-1)
    )
    return after - before
