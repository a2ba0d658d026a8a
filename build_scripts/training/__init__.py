"""Training: records and a network become a checkpoint."""
