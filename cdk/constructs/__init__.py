"""Constructs: one idea each."""
