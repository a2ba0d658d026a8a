"""The condition of an asset over time: its history, and alerts where it changes."""
