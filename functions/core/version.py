"""The one place that states Palier's version."""

VERSION = "0.1.0"
