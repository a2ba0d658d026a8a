"""The container, a long-running server: the inference API, batching, GPUs, SageMaker's contract, /metrics."""
