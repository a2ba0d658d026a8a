"""Hosting an app on AWS Lambda: events of its gateways, the start of a handler, snapshots."""
