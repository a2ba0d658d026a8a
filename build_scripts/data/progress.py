"""Progress of a long step on standard error: a bar on a terminal, one line at its end anywhere else."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import Generic, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


class Progress(Generic[Item]):
    """The items of a step, counted while they are taken.

    Standard output stays free for the step's report. A step that breaks off leaves no line: its error has one.
    """

    def __init__(self, items: Iterable[Item], name: str, unit: str, *, total: int | None = None, done: int = 0) -> None:
        """Count `items` of a step.

        Args:
            items: what the step works on, one after the other.
            name: of the step, as it stands before the bar and in the line.
            unit: what one item is, in the singular.
            total: number of items together with those done before; without it the length of `items`.
            done: items that an earlier run has finished.
        """
        self._items, self._name, self._unit, self._done = items, name, unit, done
        self._total = len(items) + done if total is None and isinstance(items, Sized) else total
        self._note = ""

    def __iter__(self) -> Iterator[Item]:
        """Yield the items; the step has ended after the last one."""
        if sys.stderr is None or not sys.stderr.isatty():
            yield from self._with_line()
        else:
            yield from self._with_bar()

    def note(self, text: str) -> None:
        """Show a text, for example the latest loss, behind the bar or in the line."""
        self._note = text

    def _with_bar(self) -> Iterator[Item]:
        with tqdm(total=self._total, initial=self._done, desc=self._name, unit=self._unit, leave=False) as bar:
            for item in self._items:
                yield item
                bar.set_postfix_str(self._note, refresh=False)
                bar.update()

    def _with_line(self) -> Iterator[Item]:
        started, count = time.perf_counter(), 0
        for item in self._items:
            yield item
            count += 1
        figures = [counted(count, self._unit), f"{time.perf_counter() - started:.1f} s", self._note]
        if sys.stderr is not None:
            sys.stderr.write(f"{self._name}: {', '.join(filter(None, figures))}\n")


def counted(count: int, unit: str) -> str:
    """Return a count with its unit, in the plural unless it is one."""
    plural = f"{unit}es" if unit.endswith(("tch", "s", "x")) else f"{unit}s"
    return f"{count} {unit if count == 1 else plural}"
