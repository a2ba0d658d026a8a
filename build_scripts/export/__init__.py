"""Export: a checkpoint becomes an ONNX file, proven equal to PyTorch, and its graph is rewritten."""
