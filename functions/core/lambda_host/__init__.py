"""What AWS Lambda asks of a handler: its events, its start, its snapshots."""
