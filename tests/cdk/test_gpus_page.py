"""The stages that docs/gpus.md shows are made of parameters that stages have."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from cdk.refusals import refuse
from cdk.stage_parts import Domain, Gpu
from cdk.stages import STAGES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gpus.md").read_text()


def test_the_fields_of_a_stage_with_a_gpu_make_one() -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    fields: dict[str, Any] = {}
    exec(block, {"Domain": Domain, "Gpu": Gpu}, fields)
    stage = replace(STAGES["dev"], **fields)
    refuse(stage)
    assert stage.gpu is not None
    assert stage.domain is not None
    assert (stage.gpu.maximum, stage.domain.name) == (4, "vibration.plant.org")
