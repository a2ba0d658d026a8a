"""The networks, a file for each family, which needs nothing but PyTorch: each file is also a user's network file."""
