"""Submit and inspect asynchronous batch jobs; the history of assets."""
