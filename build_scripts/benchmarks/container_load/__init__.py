"""Throughput and latency under load: the container, local_server.py, the usual FastAPI recipe."""
