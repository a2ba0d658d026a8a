"""The program inside the emulator: it runs models on their inputs, and needs numpy and onnxruntime alone.

python runner.py MODEL INPUTS.npz ANSWERS.npz [MODEL INPUTS.npz ANSWERS.npz ...], the inputs in the order of the model's
"""

import os
import sys

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime


def run(model: str, inputs: str, answers: str) -> None:
    """Write every output of the model, and the processor's features as it sees them, to a file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    with np.load(inputs) as given:
        arrays = [given[name] for name in given.files]
    values = session.run(names, dict(zip((one.name for one in session.get_inputs()), arrays, strict=True)))
    features = np._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]
    seen = sorted(name for name, there in features.items() if there)
    np.savez(answers, cpu_features=np.array(seen), **dict(zip(names, values, strict=True)))


if __name__ == "__main__":
    for files in zip(*[iter(sys.argv[1:])] * 3, strict=True):
        run(*files)
