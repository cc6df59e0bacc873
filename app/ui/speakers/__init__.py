"""Enrolled people: list, enroll, rename, merge, forget."""
