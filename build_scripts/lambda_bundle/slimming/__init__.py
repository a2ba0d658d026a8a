"""Slimming of a layer: files that the recipe drops, and what only debuggers read of a library."""
