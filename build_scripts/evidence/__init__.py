"""Evidence of a packaged model: calibration, accuracy, robustness, other processors, the card."""
