"""The share of a stage's requests that is traced."""

TRACED_SHARE = 0.05
