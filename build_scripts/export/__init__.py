"""A checkpoint to an ONNX file, proven equal to PyTorch, and its graph rewritten."""
