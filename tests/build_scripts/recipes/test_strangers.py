import numpy as np

from build_scripts.data.simulation.rolling import ELEMENT, INNER, LEFT_OUT, NORMAL, OUTER, RollingWindow
from build_scripts.recipes.strangers import simulated_strangers, simulated_windows
from functions.core.models.engine import EngineOutput


def test_simulated_bearings_have_the_first_class_of_their_fault_as_label() -> None:
    seen: list[int] = []

    def run(window: RollingWindow) -> EngineOutput:
        seen.append(window.label)
        return EngineOutput(np.zeros((2, 5), np.float32), None)

    class_ids = ["ball_007", "ball_014", "normal", "outer_race_007", "inner_race_007"]
    found = simulated_strangers(class_ids, run, simulated_windows(LEFT_OUT, 8))
    assert seen == [NORMAL, OUTER, INNER, ELEMENT] * 2
    assert found.outputs.label.tolist() == [2, 3, 4, 0] * 2
    assert len(found.evidence) == 8
    assert any(one is not None and len(one.lines) == 4 for one in found.evidence)
