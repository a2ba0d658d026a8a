"""The smoke test that CodeDeploy runs before a new version gets its first request."""
