"""Open Inference Protocol v2 with the binary tensor extension: what Triton's and KServe's clients speak."""
