"""The serverless functions: one package, shipped as one code asset."""
