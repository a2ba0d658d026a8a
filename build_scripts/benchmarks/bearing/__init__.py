"""A recording whose shaft speed and bearing are stated: from samples to diagnosis, at several sample rates."""
