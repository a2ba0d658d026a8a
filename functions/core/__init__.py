"""The serve flow, one module per arrow: bytes -> Signal -> windows -> logits -> Diagnosis -> JSON."""
