"""Access to AWS for every room: clients, DynamoDB items, a cache with a time limit, and retries."""
