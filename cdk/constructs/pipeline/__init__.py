"""Roles of a pipeline's jobs, which they assume by OpenID Connect."""
