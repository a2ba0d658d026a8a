"""Cold starts in the local Lambda: from the start of the process to the first diagnosis, beside others."""
