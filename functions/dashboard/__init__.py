"""The dashboard function: one page, served as static files."""
