"""The inference function: synchronous diagnosis over HTTP, by the native API and the Open Inference Protocol."""
