"""One thing that an account was asked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was asked; `sentence` states what was found and, where it is not enough, what to do."""

    enough: bool
    sentence: str

    def line(self) -> str:
        """Return it as a line of a report."""
        return f"{'ok     ' if self.enough else 'MISSING'} {self.sentence}"
