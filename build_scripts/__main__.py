"""The command line of the build flow: `python -m build_scripts STEP ...`."""

import json
import logging
import os
import sys
from collections.abc import Sequence

from build_scripts.build_cli.commands.table import COMMANDS
from build_scripts.build_cli.parser import make_parser
from build_scripts.build_cli.tables import render
from build_scripts.errors import BuildError
from build_scripts.palier_cli.terminal import screen, write
from functions.core.errors import PalierError

EXIT_OK, EXIT_FAILED, EXIT_USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step and return the exit status: 0 done, 1 a gate failed or the data do not fit, 2 wrong usage."""
    options = make_parser().parse_args(arguments)
    # torch's exporter warns of libraries that are not installed, onnxruntime of a preparation that the build has done.
    for name in ("torch.onnx", "root"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        report = COMMANDS[options.step](options)
    except (BuildError, PalierError) as error:
        return _failed(options.step, error, EXIT_FAILED)
    except (OSError, ValueError) as error:
        return _failed(options.step, error, EXIT_USAGE)
    if getattr(options, "json", False):
        write(json.dumps(report) + "\n")
    else:
        with screen() as console:
            console.print(render(options.step, report))
    # A failed check is reported like any other; only the status differs.
    return EXIT_FAILED if report.get("failed") else EXIT_OK


def _failed(step: str, error: Exception, status: int) -> int:
    print(f"{step}: {' '.join(str(error).split())}", file=sys.stderr)
    return status


if __name__ == "__main__":
    # PyTorch's C++ side prints warnings of its exporters past Python; it reads this as it loads.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    sys.exit(main())
