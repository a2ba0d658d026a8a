"""Measuring: clocks, machines, the outputs of an engine, and the gates that figures must pass."""
