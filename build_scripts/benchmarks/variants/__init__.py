"""One model in all its forms, timed and weighed side by side: PyTorch, float32 ONNX, every quantized ONNX."""
