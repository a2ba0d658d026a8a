"""What monitors a stage: metrics, alarms, their topics, and the dashboard."""
