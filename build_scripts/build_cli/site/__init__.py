"""The documentation site: pages of the repository and of the code, built by MkDocs."""
