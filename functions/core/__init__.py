"""Rooms that the functions share: the serve flow from bytes to a diagnosis, and keys, jobs, metrics, AWS around it."""
