"""Stacks: each composes constructs; resources with state have stacks of their own."""
