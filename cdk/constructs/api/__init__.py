"""The REST API: its answers, its domain, and how traffic moves to a new version."""
