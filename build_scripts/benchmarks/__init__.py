"""Benchmarks: models and servers timed side by side, an attack on the project, and the pages that show them."""
