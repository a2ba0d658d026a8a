"""What a layer loses, and the bytecode it gains."""
