"""The result of one check of an account."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The result of one check; `sentence` states what was found and, where it is not enough, what to do."""

    enough: bool
    sentence: str

    def line(self) -> str:
        """Return the finding as a line of a report."""
        return f"{'ok     ' if self.enough else 'MISSING'} {self.sentence}"
