"""The functions of the commands, from arguments to a report; torch and onnx load only with a step that needs them."""
