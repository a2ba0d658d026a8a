from pathlib import Path

import numpy as np
import pytest

from build_scripts.evidence.other_processors.control import CHANNELS, loudest_windows, write_control
from functions.core.models.engine import OnnxEngine


@pytest.mark.parametrize("bits", [7, 8])
def test_the_control_answers_one_where_sums_do_not_overflow(tmp_path: Path, bits: int) -> None:
    engine = OnnxEngine(write_control(tmp_path / "control.onnx", bits))
    logits = engine.run(loudest_windows()).logits
    assert logits.shape == (4, CHANNELS)
    assert np.allclose(engine.run(0 * loudest_windows()).logits, 0)
    # With VNNI, or weights of seven bits, nothing overflows: every output is at the top of its range.
    if bits == 7:
        assert np.allclose(logits, 1, atol=0.01)
