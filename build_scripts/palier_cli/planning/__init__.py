"""Plans of a load: measured times, a simulation of a stage in AWS, prices and limits."""
