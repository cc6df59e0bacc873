"""Devices, recording to disk, decoding of files, playback."""
