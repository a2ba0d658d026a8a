"""Log lines and metrics: one place that counts, and the sinks that publish."""
