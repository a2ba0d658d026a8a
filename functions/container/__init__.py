"""The long-running variant: the inference function's API, dynamic batching, GPUs, SageMaker's contract, /metrics."""
