"""Decoding of delimited text into recordings: charset, layout, head, numbers, columns."""
