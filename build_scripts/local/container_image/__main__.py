"""The image, built and run: `python -m build_scripts.local.container_image --lock container`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from build_scripts.errors import BuildError
from build_scripts.local.container_image.bill import bill_of_materials
from build_scripts.local.container_image.builders import WORK, Buildah, Builder, find_builder
from build_scripts.local.container_image.checks import BUDGET_BYTES, check
from build_scripts.local.container_image.debian import make_base

_PROBE = Path(__file__).with_name("probe.py")
# The trial needs no keys, and this machine may have no GPU.
_VARIABLES = {"PALIER_API_KEYS_REQUIRED": "false", "PALIER_PROVIDER": "cpu"}


def main() -> int:
    """Build the image, run it and check it; 0: it is as it must be, 1: not."""
    parser = argparse.ArgumentParser(prog="python -m build_scripts.local.container_image", description=__doc__)
    parser.add_argument(
        "--lock", choices=sorted(BUDGET_BYTES), default="container", help="packages (default: %(default)s)"
    )
    parser.add_argument(
        "--digest", help="of the base in its registry; without one buildah makes a base of Debian's packages"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    try:
        report = make_image(find_builder(), options.lock, options.digest)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(report) if options.json else _summary(report))
    return 0


def make_image(builder: Builder, lock: str, digest: str | None) -> dict[str, Any]:
    """Build, run, check and list an image.

    Returns:
        Its name, size in bytes, what the probe reported, and the path of its bill of materials.

    Raises:
        BuildError: it cannot be built, or is not as it must be.
    """
    image = builder.build(lock, digest or _own_base(builder))
    declared = builder.configuration(image)
    # The word CMD stands first.
    commands = {"start": [*declared["Entrypoint"], *declared["Cmd"]], "health": declared["Healthcheck"]["Test"][1:]}
    command = ["python", "-c", _PROBE.read_text(), json.dumps(commands)]
    report = json.loads(builder.run(image, command, _VARIABLES))
    size_bytes = builder.size_bytes(image)
    check(lock, size_bytes, report)
    WORK.mkdir(parents=True, exist_ok=True)
    bill = WORK / f"{lock}.cdx.json"
    bill.write_text(bill_of_materials(lock, report))
    return {"image": image, "size_bytes": size_bytes, "bill_of_materials": str(bill), **report}


def _own_base(builder: Builder) -> str:
    if not isinstance(builder, Buildah):
        raise BuildError(
            "docker and podman take the base from a registry: name its digest, make image DIGEST=sha256:... "
            "(docker buildx imagetools inspect python:3.13-slim-trixie)."
        )
    return make_base(builder)


def _summary(report: dict[str, Any]) -> str:
    return (
        f"{report['image']}: {report['size_bytes'] / 1e6:.0f} MB, healthy after {report['healthy_after_s']} s as user "
        f"{report['user'][0]}, a diagnosis in {report['answer']['precision']}, ended {report['ended_after_s']} s after "
        f"SIGTERM, nothing written outside /tmp; {len(report['python'])} packages of Python and "
        f"{len(report['debian'])} of Debian in {report['bill_of_materials']}"
    )


if __name__ == "__main__":
    sys.exit(main())
