"""Reports about the stages: their differences, and their costs."""
