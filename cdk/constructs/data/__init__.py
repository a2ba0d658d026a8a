"""Resources with state: tables, recordings, the queue of jobs, the bus and topic of asset alerts."""
