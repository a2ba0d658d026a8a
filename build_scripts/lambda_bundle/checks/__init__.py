"""Checks of a layer before it is packed, and of the locks for known vulnerabilities."""
