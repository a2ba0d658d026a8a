"""Stands in for build_scripts.benchmarks.attack.block: crashes at case 4, and takes every other."""

import json
import os
import sys
from pathlib import Path

CRASHES_AT = 4

options = dict(argument[2:].split("=", 1) for argument in sys.argv[2:])
first, count = int(options["first"]), int(options["count"])
progress = Path(options["progress"])
for number in range(first, first + count):
    progress.write_bytes(number.to_bytes(8, "little"))
    if number == CRASHES_AT:
        sys.stderr.write("a native library ended it\n")
        sys.stderr.flush()
        os.kill(os.getpid(), 9)
sys.stdout.write(json.dumps({"cases": count}) + "\n")
