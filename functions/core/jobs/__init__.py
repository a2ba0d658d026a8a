"""Asynchronous jobs: what the function that takes them and the worker that does them share."""
