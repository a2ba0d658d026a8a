"""Known vulnerabilities of the packages that the locks name, as pip-audit reports them: `make audit`.

The database is asked over the internet; a lock is read as it is, and nothing is installed or resolved.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from build_scripts.errors import BuildError, last_line

ROOT = Path(__file__).resolve().parents[3]
LOCKS = (ROOT / "layers" / "runtime" / "requirements.txt", *sorted((ROOT / "build_scripts" / "locks").glob("*.txt")))
ACCEPTED = ROOT / "build_scripts" / "locks" / "accepted.toml"
_TIMEOUT_S = 600


@dataclass(frozen=True)
class Vulnerability:
    """One entry of the database that fits a locked version."""

    lock: str
    package: str
    version: str
    id: str
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        """Return a line about it."""
        fixed = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "not fixed yet"
        return f"{self.lock}: {self.package} {self.version} has {self.id}, {fixed}"


def read_report(lock: str, report: str) -> list[Vulnerability]:
    """Return what pip-audit found in a lock; an entry of several names has the first.

    Raises:
        BuildError: the report is none, or a package was not looked for.
    """
    try:
        packages = json.loads(report)["dependencies"]
        return [found for package in packages for found in _vulnerabilities(lock, package)]
    except (ValueError, KeyError, TypeError):
        raise BuildError(f"What pip-audit prints about {lock} cannot be read; run it by hand.") from None


def accepted_now(text: str, today: date) -> frozenset[str]:
    """Return the entries that are accepted: each has its reason, and a day after which it is looked at again.

    Raises:
        BuildError: one has neither.
    """
    entries = tomllib.loads(text)
    for name, entry in entries.items():
        if not entry.get("reason") or not isinstance(entry.get("until"), date):
            raise BuildError(f"{name} is accepted without a reason or a day; write reason and until, or take it out.")
    return frozenset(name for name, entry in entries.items() if today <= entry["until"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the vulnerabilities that are not accepted; 0: none, 1: some, or the database could not be asked."""
    parser = argparse.ArgumentParser(prog="make audit", description=__doc__)
    parser.add_argument("--auditor", default="pip-audit", help="the program (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        accepted = accepted_now(ACCEPTED.read_text(), datetime.now(UTC).date())
        found = [one for lock in LOCKS for one in read_report(lock.name, _report(options.auditor, lock))]
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    open_ones = [one for one in found if one.id not in accepted]
    if options.json:
        print(json.dumps({"locks": len(LOCKS), "vulnerabilities": [asdict(one) for one in open_ones]}))
    else:
        print("\n".join(map(str, open_ones)) or f"No known vulnerability in {len(LOCKS)} locks.")
    return 1 if open_ones else 0


def _vulnerabilities(lock: str, package: dict[str, object]) -> Iterator[Vulnerability]:
    name = str(package["name"])
    if "skip_reason" in package:
        raise BuildError(f"{name} of {lock} was not looked for, for pip-audit skips it: {package['skip_reason']}.")
    entries = package["vulns"]
    if not isinstance(entries, list):
        raise TypeError
    for one in entries:
        yield Vulnerability(lock, name, str(package["version"]), str(one["id"]), tuple(one["fix_versions"]))


def _report(auditor: str, lock: Path) -> str:
    command = [auditor, "--requirement", str(lock), "--no-deps", "--disable-pip", "--format", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except OSError:
        raise BuildError(f"There is no {auditor}; make audit installs it.") from None
    # It ends with 1 when it has found something, too.
    if not done.stdout.strip():
        reason = last_line(done.stderr)
        raise BuildError(f"pip-audit could not look {lock.name} up, and ended with status {done.returncode}: {reason}.")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
