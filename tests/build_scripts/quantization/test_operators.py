import pytest

from build_scripts.errors import GateFailed
from build_scripts.export.export import ExportedModel
from build_scripts.quantization.operators import integer_convolutions, require_integer_convolutions


def test_a_float_model_is_refused(exported: ExportedModel) -> None:
    assert not integer_convolutions(exported.path)
    with pytest.raises(GateFailed, match="fully integer failed: measured 3, limit 0 of 3 convolutions not integer"):
        require_integer_convolutions(exported.path)
