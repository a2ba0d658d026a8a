"""The page's tables are made from the service's table of formats and the command line's rules of variables.

    python -m tests.functions.dashboard.test_formats

writes them; build the page anew afterwards.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from build_scripts.palier_cli.readers import fields, kinds, variables
from functions.core.decoding import orientation
from functions.core.decoding.formats import FILE_MEDIA_TYPES, FORMATS, Format, ServedFormat
from functions.core.decoding.text import units
from functions.core.preprocessing import signal
from functions.core.preprocessing import units as scales

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "dashboard.md"
SOURCES = ROOT / "functions" / "dashboard" / "web" / "src"
TABLE = SOURCES / "formats" / "table.json"
RULES = SOURCES / "formats" / "variables.json"


def page_table() -> dict[str, dict[str, Any]]:
    """What the page takes, by the name of its reader; `uploads`: the endings that it sends to a job as they are."""
    return {one.name: page_row(one) for one in sorted(FORMATS, key=lambda one: one.name) if is_taken(one)}


def is_taken(one: Format) -> bool:
    """Whether the page reads files of a format, or sends them to the service, which does."""
    return one.is_read_by_page or isinstance(one, ServedFormat)


def page_row(one: Format) -> dict[str, Any]:
    served = one if isinstance(one, ServedFormat) else None
    return {
        "endings": bare(one.endings),
        "mediaType": served and served.media_type,
        "uploads": bare(served.page_uploads) if served else [],
    }


def bare(endings: Sequence[str]) -> list[str]:
    return [ending.removeprefix(".") for ending in endings]


def page_text() -> str:
    return json.dumps(page_table(), indent=2) + "\n"


def rules_text() -> str:
    """What the variables of a file mean: patterns that are the same in both languages, and bounds."""
    rules = {
        "rate": fields.RATE.pattern,
        "period": fields.PERIOD.pattern,
        "shaft_rpm": fields.SHAFT_RPM.pattern,
        "shaft_hz": fields.SHAFT_HZ.pattern,
        "unit": fields.UNIT.pattern,
        "quantity": fields.QUANTITY.pattern,
        "time": fields.TIME.pattern,
        "time_units": sorted(units.TIME_UNITS),
        "unit_names": dict(scales.UNIT_NAMES),
        "unit_lengths_mm": dict(scales.LENGTHS_MM),
        "unit_of_length": scales.OF_LENGTH.pattern,
        "unit_detector": scales.DETECTOR.pattern,
        "unit_peak_to_peak": scales.PEAK_TO_PEAK.pattern,
        "unit_others": sorted(units.OTHER_UNITS),
        "unit_bracketed": units.BRACKETED.pattern,
        "unit_in_brackets": units.IN_BRACKETS.pattern,
        "unit_divided": units.DIVIDED.pattern,
        "unit_suffixed": units.SUFFIXED.pattern,
        "rate_tolerance": signal.RATE_TOLERANCE,
        "most_channels": signal.MOST_CHANNELS,
        "clearly_longer": orientation.CLEARLY_LONGER,
        "fastest_shaft_hz": fields.FASTEST_SHAFT_HZ,
        "longest_text": fields.LONGEST_TEXT,
        "shortest_signal": variables.LONG,
        "most_rows": variables.MOST_ROWS,
        "most_variables": variables.MOST_VARIABLES,
        "deepest": variables.DEEPEST,
        "largest_bytes": variables.LARGEST_BYTES,
        "deflate": kinds.DEFLATE,
    }
    return json.dumps(rules, indent=2) + "\n"


def test_the_page_s_table_is_the_service_s() -> None:
    assert TABLE.read_text() == page_text()


def test_the_page_s_rules_of_variables_are_the_command_line_s() -> None:
    assert RULES.read_text() == rules_text()


def test_the_page_has_a_reader_for_each_and_no_other() -> None:
    (readers,) = re.findall(r"READERS = \{(.*?)\}", (SOURCES / "formats" / "read.js").read_text())
    assert sorted(re.findall(r"(\w+):", readers)) == sorted(one.name for one in FORMATS if one.is_read_by_page)


def test_the_page_types_no_media_type_of_a_recording() -> None:
    typed = [
        (path.name, kind)
        for path in SOURCES.rglob("*.js*")
        if path != TABLE
        for kind in FILE_MEDIA_TYPES
        if kind in path.read_text()
    ]
    assert typed == []


def test_the_page_says_what_it_reads() -> None:
    shown = (SOURCES / "views" / "diagnose" / "intake.jsx").read_text().lower()
    labels = [one.label.removeprefix(".") for one in FORMATS if is_taken(one)]
    assert [label for label in labels if label not in shown] == []


def test_the_documentation_says_what_the_page_uploads_as_it_is() -> None:
    jobs = PAGE.read_text().partition("\n## Jobs\n")[2].partition(" are uploaded as they are")[0].lower()
    uploads = {ending for one in page_table().values() for ending in one["uploads"]}
    assert set(re.findall(r"\b(?:{})\b".format("|".join(uploads)), jobs)) == uploads


if __name__ == "__main__":
    TABLE.write_text(page_text())
    RULES.write_text(rules_text())
