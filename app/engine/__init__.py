"""Runs the pipeline with the models in a process of its own."""
