"""API keys: their format and check, the stores of the key ring, and its changes."""
