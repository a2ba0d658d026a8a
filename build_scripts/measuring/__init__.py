"""What figures come from: clocks, machines, the outputs of an engine, the gates they must pass."""
