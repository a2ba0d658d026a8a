"""Passes over an ONNX model, each a callable of a model to a new model."""
