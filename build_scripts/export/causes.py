"""Reasons why a network cannot be exported or run, a clause for each."""

import re

from build_scripts.networks.user_code import account

# Raised by this project's own translations of pooling, which the exporter wraps.
NEEDS_LENGTH = "a pooling to several steps needs a length that is fixed"
# Reports of torch.export, the TorchScript exporter and onnxruntime, and what each means for the network.
BRANCH = (
    "it branches on the values of its input (a data-dependent branch), which ONNX cannot express; torch.where chooses "
    "between two answers without a branch"
)
_CAUSES = (
    (
        r"static shape of (?P<size>\d+) for dimension \S+\.shape\[(?P<dimension>\d)\]",
        "the network fixes the {dimension} of its input at {size}",
    ),
    (
        r"size\(\)\[(?P<dimension>\d)\] as dynamic but your code specialized it to be a constant \((?P<size>\d+)\)",
        "the network fixes the {dimension} of its input at {size}",
    ),
    (
        r"index: (?P<dimension>\d) Got: \d+ Expected: (?P<size>\d+)",
        "the file fixes the {dimension} of its input at {size}",
    ),
    (NEEDS_LENGTH, NEEDS_LENGTH),
    (r"data-dependent", BRANCH),
    (r"must be tuple of ints,\s*but got FakeTensor", "a size in it comes from a tensor, as in pack_padded_sequence"),
    (r"No ONNX function found for <OpOverload\(op='(?P<name>[^']+)'", "ONNX has no form of the operator {name}"),
    (r"operator '(?P<name>[^']+)' to ONNX opset version", "this opset of ONNX has no form of the operator {name}"),
    (
        r"Guard failed: \S+\.size\(\)\[(?P<dimension>\d)\] == (?P<size>\d+)",
        "the program fixes its {dimension} at {size}",
    ),
    (r"Node \((?P<name>[^)]*)\) Op .*ShapeInferenceError", "the shapes of what its node {name} is given do not fit"),
    (r"unsupported type: tensor\(bfloat16\)", "it computes in bfloat16, as under torch.autocast in its forward"),
    (r"while running (?P<name>\w+) node", "onnxruntime cannot run the operator {name} in it"),
)
DIMENSIONS = ("batch", "number of channels", "length")


def cause(error: BaseException) -> str:
    """Return why an exporter or onnxruntime refuses a network: a clause without a full stop."""
    messages: list[str] = []
    inner: BaseException | None = error
    while inner is not None:
        messages.append(str(inner))
        inner = inner.__cause__
    for pattern, sentence in _CAUSES:
        if found := re.search(pattern, "\n".join(messages)):
            values = found.groupdict()
            dimension = DIMENSIONS[int(values.get("dimension", 0))]
            return sentence.format(**values | {"dimension": dimension})
    return account(error)
