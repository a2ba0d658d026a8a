"""A night's recordings through local_server.py, and what keeping a history costs an answer."""
