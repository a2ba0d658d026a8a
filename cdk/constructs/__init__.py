"""Constructs of one idea each, in a room for each stack, and what several of them need."""
