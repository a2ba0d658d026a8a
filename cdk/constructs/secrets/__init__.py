"""The secret that holds the API keys."""
