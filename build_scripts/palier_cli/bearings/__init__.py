"""How a machine ran, on the command line: options, and the list of bearings."""
