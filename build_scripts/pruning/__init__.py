"""Pruning: a trained network with fewer channels or with weights of zero, fine-tuned to recover."""
