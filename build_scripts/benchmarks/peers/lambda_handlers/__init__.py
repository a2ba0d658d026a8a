"""Handlers that Palier is measured against; each runs alone, in /var/task."""
