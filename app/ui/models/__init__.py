"""Weights: the offer to fetch what is missing."""
