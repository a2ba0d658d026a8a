"""Stacks: each composes constructs; what keeps state stands apart from what does not."""
