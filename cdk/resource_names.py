"""The names that a stage's stacks, resources and logs have on AWS."""

# What callers of a function use: it points at the version that answers.
ALIAS = "live"


def resource_name(stage: str, *parts: str) -> str:
    """Return the name of a resource of a stage, or with `parts` of one among several: `palier-dev-worker`."""
    return "-".join(("palier", stage, *parts))


def key_secret_name(stage: str) -> str:
    """Return the name of the secret with a stage's API keys."""
    return f"palier/{stage}/api-keys"


def log_name(stage: str, log: str) -> str:
    """Return the name of a log group of Palier's own; those of functions are named as Lambda does it."""
    return f"/palier/{stage}/{log}"
