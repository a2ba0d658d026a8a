"""The table of recordings as people have them, and what must come of each: run to write it.

Both readers, the service's and the page's, are held to it. A case has a name, the name of a format of the table of
formats, its content (`text`, or `base64` of its bytes), options of a diagnosis, and either `expected` (samples
[C][N], sample rate or null, names of the channels, unit or null, perhaps the speed of the shaft) or `refused` (the
error's code, and words of its sentence). MATLAB files are read by the command line and the page, the others by the
service and the page.
"""

import base64
import json
from pathlib import Path
from typing import Any

from tests.support.array_cases import ARRAYS, RAW, SOUNDS
from tests.support.instrument_cases import INSTRUMENTS
from tests.support.program_cases import PROGRAMS
from tests.support.text_cases import CHARSETS_AND_TIMES, HEADS_AND_NUMBERS
from tests.support.variable_cases import matlab

FILE = Path(__file__).resolve().parents[1] / "fixtures" / "recordings" / "cases.json"


def cases() -> list[dict[str, Any]]:
    """Every case of the table."""
    texts = [*CHARSETS_AND_TIMES, *HEADS_AND_NUMBERS, *INSTRUMENTS, *PROGRAMS]
    listed = [*((name, "delimited", *rest) for name, *rest in texts), *RAW, *ARRAYS, *SOUNDS, *matlab()]
    return [_case(*one) for one in listed]  # type: ignore[arg-type]


def _case(
    name: str, kind: str, content: str | bytes, options: dict[str, Any], outcome: dict[str, Any]
) -> dict[str, Any]:
    body = {"text": content} if isinstance(content, str) else {"base64": base64.b64encode(content).decode()}
    return {"name": name, "format": kind, **body, "options": options, **outcome}


def main() -> None:
    """Write the table, a case a line."""
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in cases())
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
