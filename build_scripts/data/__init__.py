"""Labelled records: read from files, split, or simulated."""
