"""The names that a stage's stacks, resources and logs have on AWS."""

# The alias by which a function is called; it points at the version that answers.
ALIAS = "live"
# The qualifier of the CDK's bootstrap stack, its default.
BOOTSTRAP_QUALIFIER = "hnb659fds"
# The tag by which a bill separates a stage from what else is in the account.
COST_TAG = "palier-stage"


def resource_name(stage: str, *parts: str) -> str:
    """Return the name of a resource of a stage, or with `parts` of one among several: `palier-dev-worker`."""
    return "-".join(("palier", stage, *parts))


def balancer_name(domain: str) -> str:
    """Return the name of the GPU's load balancer in a domain, beside that of the API."""
    return f"gpu.{domain}"


def key_secret_name(stage: str) -> str:
    """Return the name of the secret with a stage's API keys."""
    return f"palier/{stage}/api-keys"


def edge_secret_name(stage: str, number: int) -> str:
    """Return the name of the secret by which CloudFront proves itself."""
    return f"palier/{stage}/edge-secret-{number}"


def log_name(stage: str, log: str) -> str:
    """Return the name of a log group of Palier's own; those of functions are named as Lambda does it."""
    return f"/palier/{stage}/{log}"
