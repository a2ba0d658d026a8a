"""The build flow: checkpoint -> export -> quantize -> calibrate -> validate -> package."""
