"""The `palier` command: needs the serving packages only, never PyTorch."""
