"""The rotation function: expires API keys, called by Secrets Manager."""
