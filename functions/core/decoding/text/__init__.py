"""Delimited text to recordings: charset, layout, head, numbers, columns."""
