"""The time of the imports of a start, by the package they belong to."""

import re
import sys
from collections import Counter
from dataclasses import replace

from build_scripts.benchmarks.cold_start.arms import Arm
from build_scripts.local.lambda_sandbox.sandbox import Sandbox

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_CODE = "import awslambdaric.bootstrap, functions.inference.handler"


def import_times(arm: Arm) -> dict[str, float]:
    """Return ms that the modules of each package took to load, the slowest first; the standard library is one.

    Python's own measurement (`-X importtime`) makes imports slower by about a quarter: shares, not times to add up.
    """
    function = replace(arm.function, command=("-X", "importtime", "-c", _CODE))
    with Sandbox(arm.places, function) as sandbox:
        return parse(sandbox.log())


def parse(log: str) -> dict[str, float]:
    """Return ms by package from the output of `-X importtime`."""
    spent: Counter[str] = Counter()
    for microseconds, module in _LINE.findall(log):
        top = module.partition(".")[0]
        spent["standard library" if top in sys.stdlib_module_names else top] += int(microseconds)
    return {package: total / 1e3 for package, total in spent.most_common()}
