"""Checks a diagnosis: `palier diagnose --json FILE | expect.py CLASS` ends with status 1 on any other class."""

import json
import sys

expected = sys.argv[1]
(one,) = json.load(sys.stdin)["diagnoses"]
found = one.get("class_id") or one.get("error")
sys.exit(0 if found == expected else f"The deployed stage diagnoses {found!r} instead of {expected!r}.")
