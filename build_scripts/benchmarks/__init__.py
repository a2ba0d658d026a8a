"""What is timed side by side, and the pages that show it."""
