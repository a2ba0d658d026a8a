"""What is seen of a stage: the dashboard, its alarms, and who hears of them."""
