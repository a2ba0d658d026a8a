"""Monitoring of a stage: metrics, alarms, their topics, traces, and the dashboard."""
