"""Where the packages of a layer come from: the lock, the wheels, the Python that they are for."""
