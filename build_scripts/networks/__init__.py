"""Networks as PyTorch modules, and the checkpoints that hold their weights."""
