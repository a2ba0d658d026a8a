"""Packaging: a build plan becomes a model package, all of it or nothing."""
