"""Lambda functions: code, layers, role and grants."""
