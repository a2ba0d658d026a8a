"""AWS on this machine: embedded services, a sandbox for functions, a deployed stage, and the container image."""
