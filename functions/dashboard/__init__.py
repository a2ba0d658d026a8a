"""The dashboard function: one page, served as static files from `static/`, which are built from `web/`."""
