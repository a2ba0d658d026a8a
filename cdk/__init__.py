"""Infrastructure on AWS: stages and functions as data, the constructs and stacks made of them, and their commands."""
