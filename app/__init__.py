"""Crosstalk: live, speaker-attributed meeting transcripts on the user's own machine."""

__version__ = "0.1.0"
