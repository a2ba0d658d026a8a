"""The jobs function: submission, state and results of asynchronous jobs, and the history of assets."""
