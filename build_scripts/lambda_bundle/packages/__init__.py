"""The packages of a layer: the lock, the wheels, and the Python that compiles them."""
