"""The bundle: function asset and layers, the same bytes on every machine."""
