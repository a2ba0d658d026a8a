"""Takes jobs off the queue."""
