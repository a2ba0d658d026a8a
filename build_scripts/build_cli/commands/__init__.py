"""What each command does: arguments to a report. torch and onnx load only with the step that needs them."""
