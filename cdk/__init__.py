"""Infrastructure: stages as data."""
