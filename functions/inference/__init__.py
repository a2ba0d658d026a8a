"""Synchronous diagnosis over HTTP."""
