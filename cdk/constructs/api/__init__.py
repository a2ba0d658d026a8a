"""What stands before the functions: REST API, HTTP API or function URLs, domain, cache, and canary deployments."""
