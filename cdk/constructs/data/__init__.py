"""What keeps state: tables, recordings, the queue of jobs, alerts of assets."""
