"""Reads what `palier diagnose --json` prints; ends with status 1 unless its recording has the class that is named."""

import json
import sys

expected = sys.argv[1]
(one,) = json.load(sys.stdin)["diagnoses"]
found = one.get("class_id") or one.get("error")
sys.exit(0 if found == expected else f"The deployed stage diagnoses {found!r} instead of {expected!r}.")
