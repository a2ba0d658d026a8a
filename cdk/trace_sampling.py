"""The share of a stage's requests that is traced, of 1."""

TRACED_SHARE = 0.05
