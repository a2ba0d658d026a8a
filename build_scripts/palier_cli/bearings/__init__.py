"""Shaft speed and bearing on the command line: options, and the list of bearings."""
