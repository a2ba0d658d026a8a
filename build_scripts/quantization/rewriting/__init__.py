"""Rewrites of a float32 graph before it is quantized: the same answers, in a form that integer kernels run fast."""
