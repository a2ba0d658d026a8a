"""Quantization-aware training: fake-quantized network, fine-tuning, and the integer model it becomes."""
