"""Networks of the kinds that people train, built and timed beside onnxruntime's own quantization."""
