"""Rotation of the API keys, run by Secrets Manager."""
