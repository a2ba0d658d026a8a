"""Techniques of quantization, one module each: an ONNX file, or a checkpoint, to a new ONNX file."""
