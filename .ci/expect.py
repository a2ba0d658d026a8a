"""Checks a diagnosis: `palier diagnose --json FILE | expect.py CLASS` ends with status 1 on any other class."""

import json
import sys

expected = sys.argv[1]
(one,) = json.load(sys.stdin)["diagnoses"]
if "error" in one:
    sys.exit(f"The deployed stage does not diagnose the recording: {one['error']}")
found = one.get("class_id")
sys.exit(0 if found == expected else f"The deployed stage diagnoses {found!r} instead of {expected!r}.")
