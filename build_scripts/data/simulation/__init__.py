"""Simulated vibration of a hydrodynamic journal bearing: eleven conditions, numpy only."""
