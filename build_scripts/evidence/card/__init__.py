"""The card of a model package: CARD.md and its plots, rendered from the package's own files."""
