"""The options of reading files: those of `palier diagnose` and of `palier jobs submit`."""

import argparse
from typing import get_args

from build_scripts.palier_cli.arguments import parse_name, parse_number, parse_rows
from build_scripts.palier_cli.files.recordings import FORMAT_WORDS
from functions.core.models.options import Delimiter, SampleFormat, TimeUnit
from functions.core.preprocessing.signal import Unit

# Those of a diagnosis, which the service takes too, by their names there; the others are of files on disk.
FILE_OPTIONS = (
    "sample_rate_hz",
    "channel",
    "full_scale",
    "sample_format",
    "unit",
    "skip_rows",
    "time_column",
    "time_unit",
    "delimiter",
    "charset",
)


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """Add the options; what is not given is None."""
    parser.add_argument(
        "--format", choices=FORMAT_WORDS, metavar="ENDING", help="read files as if their names ended so, e.g. csv"
    )
    parser.add_argument("--variable", type=parse_name, help="the signal, in files that name several: bearing.gs")
    parser.add_argument(
        "--sample-rate-hz", type=parse_number, help="default: what the file states, else the model's rate"
    )
    parser.add_argument(
        "--channel", type=parse_name, help="name or number (from 0), where a file has several; all: each"
    )
    parser.add_argument("--full-scale", type=parse_number, help="of integer samples: value of one at full scale")
    parser.add_argument("--sample-format", choices=get_args(SampleFormat), help="of raw files (default: float32)")
    parser.add_argument("--unit", choices=get_args(Unit), help="of the samples (default: what the file states)")
    text = parser.add_argument_group("delimited text")
    text.add_argument("--skip-rows", type=parse_rows, help="lines at the top that are not read")
    text.add_argument("--time-column", type=parse_name, help="name or number (from 0) of the column of times")
    text.add_argument("--time-unit", choices=get_args(TimeUnit), help="default: what the column's name states")
    text.add_argument("--delimiter", choices=get_args(Delimiter), help="between two columns (default: as found)")
    text.add_argument("--charset", type=parse_name, help="encoding, e.g. cp1252 (default: as found)")
