"""The stages from audio blocks to transcript patches: pure, no threads, no model files."""
