"""The bundle: function asset and layers, the same bytes whoever builds them."""
