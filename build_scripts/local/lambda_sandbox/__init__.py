"""A local Lambda: the built bundle under AWS's own runtime client, in a place as strict as Lambda."""
