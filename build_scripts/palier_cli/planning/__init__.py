"""What a load needs and costs: measured times, a simulation of what happens in AWS, prices and limits."""
