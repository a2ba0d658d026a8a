"""The network of the GPU container, closed but for what it needs."""
