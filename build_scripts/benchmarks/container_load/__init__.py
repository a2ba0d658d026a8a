"""Throughput under many clients: the container with and without batching, beside the usual FastAPI recipe."""
