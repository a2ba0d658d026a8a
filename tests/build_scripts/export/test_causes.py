import pytest

from build_scripts.export.causes import cause


@pytest.mark.parametrize(
    ("message", "clause"),
    [
        (
            "- Received user-specified dim hint Dim.DYNAMIC(min=None, max=None), but tracing inferred "
            "a static shape of 1024 for dimension inputs['signal'].shape[2].",
            "the network fixes the length of its input at 1024",
        ),
        (
            "You marked L['x'].size()[0] as dynamic but your code specialized it to be a constant (2). If you",
            "the network fixes the batch of its input at 2",
        ),
        (
            "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions for input: signal for the following "
            "indices\n index: 2 Got: 512 Expected: 1024\n Please fix either the inputs/outputs or the model.",
            "the file fixes the length of its input at 1024",
        ),
        (
            "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Reshape node.",
            "onnxruntime cannot run the operator Reshape in it",
        ),
        (
            "No ONNX function found for <OpOverload(op='aten.special_bessel_j0', overload='default')>. Failure",
            "ONNX has no form of the operator aten.special_bessel_j0",
        ),
        (
            "zeros(): argument 'size' failed to unpack the object at pos 2 with error "
            '"type must be tuple of ints,but got FakeTensor"',
            "a size in it comes from a tensor, as in pack_padded_sequence",
        ),
        (
            "Guard failed: x.size()[2] == 1024",
            "the program fixes its length at 1024",
        ),
        (
            "Node (/proj/MatMul) Op (MatMul) [ShapeInferenceError] Incompatible dimensions for matrix multiplication",
            "the shapes of what its node /proj/MatMul is given do not fit",
        ),
        (
            "(op_type:Conv, node name: c): X typestr: T, has unsupported type: tensor(bfloat16)",
            "it computes in bfloat16, as under torch.autocast in its forward",
        ),
        ("another thing.\n\nmuch more", "another thing (ValueError)"),
    ],
)
def test_what_libraries_report_becomes_a_clause(message: str, clause: str) -> None:
    assert cause(ValueError(message)) == clause


def test_the_cause_of_a_cause_counts() -> None:
    error = RuntimeError("Failed to export the model.")
    error.__cause__ = ValueError("Could not guard on data-dependent expression Eq(u0, 1)")
    assert "(a data-dependent branch), which ONNX cannot express; torch.where chooses" in cause(error)
