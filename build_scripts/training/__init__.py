"""Records and a network to a checkpoint."""
