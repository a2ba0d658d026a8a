"""What a layer must be before it is packed."""
