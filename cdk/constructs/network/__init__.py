"""The network of the GPU container, with the routes that it needs and no others."""
