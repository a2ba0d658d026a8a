"""What AWS has, on this machine."""
