"""What people build by hand, to measure against."""
