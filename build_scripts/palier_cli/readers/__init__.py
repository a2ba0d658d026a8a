"""Files that the service does not decode, each read by its library in another process."""
