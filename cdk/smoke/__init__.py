"""What CodeDeploy runs before a new version gets its first request."""
