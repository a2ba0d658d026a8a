"""The proof of a model beyond its gates: reliability, noise, severities, strangers."""
