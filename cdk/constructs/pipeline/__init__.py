"""Who of a pipeline may deploy: roles that its jobs take on by OpenID Connect."""
