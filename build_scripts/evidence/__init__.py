"""What a packaged model is proven by: calibration, accuracy, robustness, other processors, the card."""
