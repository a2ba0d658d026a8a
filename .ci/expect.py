"""Checks a diagnosis: `palier diagnose --json FILE | expect.py CLASS` ends with status 1 on any other class."""

import json
import sys

expected = sys.argv[1]
printed = sys.stdin.read()
if not printed:
    sys.exit("There is no diagnosis to check: the lines above state why.")
(one,) = json.loads(printed)["diagnoses"]
if "error" in one:
    sys.exit(f"The deployed stage does not diagnose the recording: {one['error']}")
found = one.get("class_id")
sys.exit(0 if found == expected else f"The deployed stage diagnoses {found!r} instead of {expected!r}.")
