"""Reasons: why a technique is not tried on a network, and what may help where no variant passes."""
