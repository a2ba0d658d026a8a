"""AWS services on this machine: an emulator in a process of its own, on loopback, started when first needed."""
