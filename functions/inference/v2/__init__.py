"""The Open Inference Protocol v2 with the extensions of Triton, for the clients of Triton and KServe."""
