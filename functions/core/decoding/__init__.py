"""Bytes to recordings: the table of formats, a module for each."""
