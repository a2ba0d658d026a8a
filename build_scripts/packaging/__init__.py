"""A plan to a model package: all of it or nothing."""
