from build_scripts.benchmarks.cold_start.imports import parse

LOG = """import time: self [us] | cumulative | imported package
import time:       100 |        100 |   numpy._core
import time:      1500 |       1600 | numpy
import time:       300 |        300 |   json.decoder
import time:       200 |        500 | json
{"level": "INFO", "message": "a line of the function's own"}
import time:      4000 |       4000 |     onnxruntime.capi._pybind_state
"""


def test_own_time_is_added_up_by_package_the_slowest_first() -> None:
    assert parse(LOG) == {"onnxruntime": 4.0, "numpy": 1.6, "standard library": 0.5}
    assert list(parse(LOG)) == ["onnxruntime", "numpy", "standard library"]


def test_a_log_without_imports_is_empty() -> None:
    assert parse("nothing") == {}
