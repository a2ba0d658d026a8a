"""Other servers and handlers that Palier is measured against, each in an environment of its own."""
