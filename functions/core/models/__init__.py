"""From windows to a diagnosis: packages, engines, and the pipeline that puts them together."""
