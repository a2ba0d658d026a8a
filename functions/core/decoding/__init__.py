"""Decoders of request bodies into recordings: the table of formats, and a module for each format."""
