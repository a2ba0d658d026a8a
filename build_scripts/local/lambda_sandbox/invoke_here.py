"""The program of any Python with the bundle on its path: it invokes the inference handler with each event file."""

import json
import sys
from pathlib import Path

from functions.inference.handler import handler

answers = [handler(json.loads(Path(name).read_text()), None) for name in sys.argv[1:]]
sys.stdout.write(json.dumps(answers))
