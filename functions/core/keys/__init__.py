"""API keys: what they are, where they are kept, how they change."""
