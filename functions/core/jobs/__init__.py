"""Asynchronous jobs: the table, files, messages and results that the jobs function and the worker share."""
