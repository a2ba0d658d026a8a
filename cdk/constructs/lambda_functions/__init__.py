"""Functions: code, layers, role and grants."""
